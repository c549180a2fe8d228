# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
#
# Sourced after folders.sh: builds and runs the fuzzers of tests/fuzz/.
#
#   build_fuzzers                 in a folder of their own, with clang
#   fuzz NAME SECONDS             runs one; a line of TAP says what came of it
#   fuzz_planted_bug SECONDS      the same of the one that has a bug, which has to be found

build_fuzzers ()
{
  use_folder build-fuzz
  CC=clang CXX=clang++ build -Dbuildtype=debug -Doptimization=1 -Dfuzz=enabled \
    -Dtests=disabled -Dexamples=disabled -Dbenchmarks=disabled \
    -Dintrospection=disabled -Dvapi=disabled -Ddocs=disabled
}

# run_fuzzer NAME CORPUS SECONDS: what it finds on its way is kept for the next time.
run_fuzzer ()
{
  mkdir -p "$folder/corpus/$2"
  run_child env G_SLICE=always-malloc "$folder/tests/fuzz/fuzz-$1" -max_total_time="$3" -max_len=4096 -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$folder/found-$1-" \
    "$folder/corpus/$2" "$root/tests/fuzz/corpus/$2" > "$folder/logs/fuzz-$1.log" 2>&1
}

fuzz ()
{
  local log=$folder/logs/fuzz-$1.log
  if run_fuzzer "$1" "$1" "$2"; then
    echo "ok - fuzz $1, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions in $2 s"
  else
    echo "not ok - fuzz $1 (see $log; the input is ${folder##*/}/found-$1-*)"
  fi
}

fuzz_planted_bug ()
{
  local log=$folder/logs/fuzz-planted-bug.log
  if run_fuzzer planted-bug record "$1"; then
    echo "not ok - fuzz planted-bug: $1 s did not find it"
  elif grep -q 'SUMMARY: AddressSanitizer: .* in take_tags' "$log"; then
    echo "ok - fuzz planted-bug: found"
  else
    echo "not ok - fuzz planted-bug: found something else (see $log)"
  fi
  rm -f "$folder"/found-planted-bug-*
}

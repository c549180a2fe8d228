# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Sourced after setup.sh: runs commands with their output in a log, and brings
# build folders up to date.
#
#   use_folder NAME             what follows builds and logs in this folder
#   run_logged LOG COMMAND...   runs a command; shows the end of its log if it fails
#   configure OPTION...         makes the folder a Meson build folder with these options
#   copy_tree FOLDER            copies the source tree, without what is built in it
#
# Nothing but the folder is written to: caches and temporary files go there too.

: "${root:?}"

# The process group of the command under way, for the traps to end.
running=''

# A command in a process group of its own, so that all it started can be ended
# with it.  Job control gives it that group, and is off again at once.
run_child ()
{
  local status=0
  set -m
  "$@" < /dev/null &
  running=$!
  set +m
  wait "$running" || status=$?
  running=''
  return "$status"
}

end_running ()
{
  local group=$running _
  running=''
  [[ -n $group ]] || return 0
  kill -TERM -- "-$group" 2> /dev/null || return 0
  # Meson and ninja end what they started when they are told to end: give them time.
  for _ in {1..50}; do
    kill -0 -- "-$group" 2> /dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$group" 2> /dev/null || true
}

# Call once, at the top of a command.
end_children_on_signals ()
{
  trap 'end_running; trap - INT; kill -INT $$' INT
  trap 'end_running; exit 143' TERM
  trap 'end_running; exit 129' HUP
  trap 'end_running' EXIT
}

use_folder ()
{
  folder=$root/$1
  mkdir -p "$folder/logs" "$folder/tmp"
  # A library's tools keep caches in the home folder otherwise (g-ir-scanner, ccache).
  export TMPDIR=$folder/tmp XDG_CACHE_HOME=$folder/cache
}

# Prints a command as one could type it.
quoted ()
{
  local words
  printf -v words '%q ' "$@"
  printf '%s' "${words% }"
}

# Expects LOG to hold what the command said.
show_failure ()
{
  local log=$1
  shift
  say "---- the last 30 lines of $log"
  tail -n 30 "$log" >&2
  say "---- to repeat it:"
  say "(cd $(quoted "$PWD") && $(quoted "$@"))"
}

run_logged ()
{
  local log=$folder/logs/$1.log status=0
  shift
  run_child "$@" > "$log" 2>&1 || status=$?
  ((status == 0)) || show_failure "$log" "$@"
  return "$status"
}

# What a build folder depends on beyond what Meson watches itself.
setup_stamp ()
{
  printf '%s\n' "$root" "$MESON $(meson_version "$MESON")" "$@"
}

# Brings the build folder up to date: as it is, else reconfigured, else from nothing.
configure ()
{
  local stamp=$folder/logs/setup.stamp wanted log=$folder/logs/configure.log name=${folder##*/}
  wanted=$(setup_stamp "$@")

  if [[ -f $folder/build.ninja && -f $stamp && $(< "$stamp") == "$wanted" ]]; then
    # Only writes build.ninja anew if a meson.build changed.
    if run_child ninja -C "$folder" build.ninja > "$log" 2>&1; then
      return 0
    fi
  fi
  rm -f "$stamp"

  if [[ -d $folder/meson-private ]]; then
    say "The build folder $name is stale: reconfiguring it."
    if ! run_child "$MESON" setup --reconfigure "$@" "$folder" "$root" > "$log" 2>&1 ||
       ! run_child ninja -C "$folder" build.ninja > "$log" 2>&1 ||
       ! builds_this_tree; then
      say "Reconfiguring did not do: wiping $name and starting afresh."
      find "$folder" -mindepth 1 -maxdepth 1 ! -name logs ! -name tmp -exec rm -rf {} +
    fi
  fi
  if [[ ! -d $folder/meson-private ]]; then
    run_logged configure "$MESON" setup "$@" "$folder" "$root" || return
  fi
  printf '%s\n' "$wanted" > "$stamp"
}

# A folder copied together with its clone goes on building the old one.
builds_this_tree ()
{
  "$PYTHON" - "$folder/meson-info/meson-info.json" "$root" <<'PYTHON_END'
import json, os, sys
there = json.load(open(sys.argv[1]))["directories"]["source"]
sys.exit(not (os.path.exists(there) and os.path.samefile(there, sys.argv[2])))
PYTHON_END
}

# With the files' times, so that a build of the copy only compiles what changed
# since the last one.
copy_tree ()
{
  local -a entries
  mkdir -p "$1"
  mapfile -t -d '' entries < <(find "$root" -mindepth 1 -maxdepth 1 \
    ! -name .git ! \( -name 'build*' ! -name build-aux \) -printf '%f\0')
  tar -C "$root" -cf - -- "${entries[@]}" | tar -C "$1" -xf -
}

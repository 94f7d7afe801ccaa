# shellcheck shell=bash
# shellcheck disable=SC2034 # etcd_pid and etcd_url are for whoever sources this
# Starts a real etcd for a script. To be sourced, from bash.
#
#   start_etcd BINARY DIRECTORY   starts one member on a free loopback port, with data and log below DIRECTORY, and
#                                 returns when it answers: sets etcd_pid and etcd_url. Fails, with the log on stderr,
#                                 if it does not within 30 s.
#   end_process PID               SIGTERM, and SIGKILL if that takes longer than 5 s; returns when it is gone.

etcd_pid=
etcd_url=

_etcd_answers() { # PORT
  local answer
  # A subshell, because a connection that is refused ends a shell that tries it with exec.
  answer=$( (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /health HTTP/1.0\r\n\r\n' >&3 && timeout 2 cat <&3) 2>/dev/null ) || return 1
  case $answer in *'"health":"true"'*) return 0 ;; *) return 1 ;; esac
}

start_etcd() { # BINARY DIRECTORY
  local port attempts=8 deadline
  # A port that is free now may be taken when etcd binds it, so what counts is whether etcd could.
  while ((attempts-- > 0)); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 10000))
    rm -rf "$2/etcd"
    mkdir -p "$2/etcd"
    "$1" --name demo --data-dir "$2/etcd/data" --listen-client-urls "http://127.0.0.1:$port" \
      --advertise-client-urls "http://127.0.0.1:$port" --listen-peer-urls http://127.0.0.1:0 \
      --initial-advertise-peer-urls http://127.0.0.1:1 --initial-cluster demo=http://127.0.0.1:1 \
      >"$2/etcd/log" 2>&1 </dev/null &
    etcd_pid=$!
    etcd_url=http://127.0.0.1:$port
    deadline=$((SECONDS + 30))
    while kill -0 "$etcd_pid" 2>/dev/null && ((SECONDS < deadline)); do
      if _etcd_answers "$port" && kill -0 "$etcd_pid" 2>/dev/null; then return 0; fi
      sleep 0.05
    done
    end_process "$etcd_pid"
    etcd_pid=
    grep -q 'address already in use' "$2/etcd/log" || break
  done
  printf 'etcd did not start:\n' >&2
  tail -n 20 "$2/etcd/log" >&2
  return 1
}

end_process() { # PID
  local deadline=$((SECONDS + 5))
  kill -TERM "$1" 2>/dev/null || return 0
  while kill -0 "$1" 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      kill -KILL "$1" 2>/dev/null || true
      break
    fi
    sleep 0.05
  done
  wait "$1" 2>/dev/null || true
}

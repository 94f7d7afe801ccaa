#!/usr/bin/env bash
# Plays examples-c/atframework_service.cpp against a real etcd, from the first start to the last stop:
# atframework_service.sh PROGRAM ETCDCLI_WATCH. Prints what the services said.
# shellcheck source=expect.sh
. "$(dirname "$0")/expect.sh"
program=$1
etcdcli_watch=$2

# Writes the configuration of an instance: CONF NUMBER IDENTITY LINE...
configure() {
  local file=$scratch/$1.conf
  printf '%s\n' "id = 10$2" "name = game-$2" "type_id = 65" "type_name = game" "identity = $3" "path = /demo/" \
    "user = 4711" "stats.interval.s = 1" "etcd.endpoints = $etcd_url" "etcd.lease.ttl.s = 15" "${@:4}" >"$file"
}

# Starts what CONF says, and sets $pid.
start() {
  "$program" --conf "$scratch/$1.conf" >>"$scratch/$1.out" 2>&1 </dev/null &
  pid=$!
}

# The process id that said the last of these lines.
who_said() { # FILE EXPRESSION
  grep -E -- "$2" "$scratch/$1" | tail -n 1 | sed 's/^.\([0-9]*\).*/\1/'
}

last_lease() { # FILE
  grep -oE 'registered, lease [0-9]+' "$scratch/$1" | tail -n 1 | grep -oE '[0-9]+$'
}

# Asks etcd's gateway, and sets $answer.
ask_etcd() { # METHOD JSON
  local address=${etcd_url#http://}
  answer=$(exec 3<>"/dev/tcp/${address%:*}/${address#*:}" &&
    printf 'POST /v3/%s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s' "$1" "${#2}" "$2" >&3 && timeout 10 cat <&3)
  case $answer in *' 200 OK'*) ;; *) fail "etcd answers $1 with $answer" ;; esac
}

never() { # FILE EXPRESSION
  if grep -qE -- "$2" "$scratch/$1"; then fail "$1 has a line '$2'"; fi
}

expect_status 0 'usage: atframework_service' "$program" --help
expect_status 2 '--conf is missing' "$program"
expect_status 2 "unexpected argument 'word'" "$program" word
expect_status 2 'cannot be read' "$program" --conf "$scratch/none"
configure odd 1 host-a 'etcd.nonsense = 1'
expect_status 1 'there is no option "nonsense"' "$program" --conf "$scratch/odd.conf"

"$etcdcli_watch" --prefix /demo/ --endpoints "$etcd_url" >"$scratch/watch.out" 2>&1 </dev/null &
watch=$!
expect watch.out 'that is all there is at revision 1$'

# Two that register and find each other. One has a ready-made identity, the other one asks itself.
configure one 1 host-a
configure two 2 host-b 'check = ask'
start one
one=$pid
expect one.out "^.$one. registered, lease [0-9]+"
for key in by_id/game-1-101 by_name/game-1-101 by_type/65/game-1-101; do
  expect watch.out "\\+ /demo/$key .*\"pid\":$one,"
done
start two
two=$pid
expect two.out "^.$two. registered, lease [0-9]+"
expect one.out 'joined game-2'
expect two.out 'game-1|complete'
expect one.out 'user 4711 is served by game-[12]$'

# Nobody else takes what is theirs, whichever way he asks.
configure thief 1 host-c
configure asking_thief 1 host-c 'check = ask'
expect_status 1 "is another's" "$program" --conf "$scratch/thief.conf"
grep -q 'cannot start: ' "$scratch/command.out" || fail "it does not say that it cannot start"
expect_status 1 "is another's" "$program" --conf "$scratch/asking_thief.conf"
never one.out 'is lost'

# One that has died: another identity is refused, its own comes back at once, and nobody sees its keys gone.
kill -KILL "$one"
wait "$one" 2>/dev/null || true
expect_status 1 "is another's" "$program" --conf "$scratch/thief.conf"
start one
one=$pid
expect one.out "^.$one. registered, lease [0-9]+"
expect watch.out "~ /demo/by_type/65/game-1-101 .*\"pid\":$one,"
kill -KILL "$two"
wait "$two" 2>/dev/null || true
start two
two=$pid
expect two.out "^.$two. registered, lease [0-9]+"
expect watch.out "~ /demo/by_id/game-2-102 .*\"pid\":$two,"
never watch.out '- /demo/'

# Where nothing answers, the deadline ends it, with the reason.
configure alone 3 host-d
sed -i 's/^etcd.endpoints = .*/etcd.endpoints = http:\/\/127.0.0.1:1/' "$scratch/alone.conf"
printf 'init.timeout.ms = 700\nstop.timeout.ms = 500\n' >>"$scratch/alone.conf"
expect_status 1 'cannot start: ' "$program" --conf "$scratch/alone.conf"
grep -qE 'cannot start: .*127.0.0.1' "$scratch/command.out" || fail "it does not say why"

# Another configuration, all of it or nothing, and the lease stays.
lease=$(last_lease one.out)
never one.out ' debug: '
configure one 1 host-a 'etcd.log.level = debug' 'version = 1.1.0' 'etcd.request.timeout.ms = 2500ms'
sed -i "s|^etcd.endpoints = .*|etcd.endpoints = http://127.0.0.1:1,$etcd_url|" "$scratch/one.conf"
kill -HUP "$one"
expect one.out "^.$one. reloaded, lease $lease\$"
expect one.out 'reconfigured: endpoints, request.timeout.ms, log.level'
expect one.out ' debug: '
expect watch.out '~ /demo/by_name/game-1-101 .*"version":"1.1.0"'
configure one 1 host-a 'etcd.log.level = loud'
kill -HUP "$one"
expect one.out 'not reloaded: log.level cannot be "loud"'
configure one 9 host-a
kill -HUP "$one"
expect one.out 'not reloaded: another id'
expect one.out "^.$one. statistics: ready, held 3/3, lease for [0-9]+ ms, watchers live 1/1, peers 2, behind 0 ms"

# A new version of it takes over lease and keys.
configure one 1 host-a 'version = 1.2.0'
expect_end USR2 "$one" 0
expect watch.out '~ /demo/by_type/65/game-1-101 .*"version":"1.2.0"'
for _ in $(seq 200); do
  successor=$(who_said one.out 'registered, lease')
  [ "$successor" = "$one" ] || break
  sleep 0.05
done
[ "$successor" != "$one" ] || fail "the successor is not registered"
[ "$(last_lease one.out)" = "$lease" ] || fail "the successor has another lease"
never watch.out '- /demo/'
expect two.out 'changed game-1'

# etcd begins to ask who they are; they are told, and lose nothing.
ask_etcd auth/user/add '{"name":"root","password":"secret"}'
ask_etcd auth/role/add '{"name":"root"}'
ask_etcd auth/user/grant '{"user":"root","role":"root"}'
ask_etcd auth/enable '{}'
configure one 1 host-a 'version = 1.3.0' 'etcd.auth.user = root' 'etcd.auth.password = secret'
configure two 2 host-b 'check = ask' 'etcd.auth.user = root' 'etcd.auth.password = secret'
kill -HUP "$successor" "$two"
expect one.out "^.$successor. reloaded, lease $lease\$"
expect two.out "^.$two. reloaded, lease"
expect two.out "^.$two. changed game-1"
grep -c 'statistics' "$scratch/two.out" >"$scratch/before"
until [ "$(grep -c 'statistics' "$scratch/two.out")" -gt "$(($(cat "$scratch/before") + 1))" ]; do sleep 0.05; done
grep statistics "$scratch/two.out" | tail -n 1 | grep -q 'ready, held 3/3' || fail "not all keys are held"
never one.out 'is lost'
never two.out 'is lost'

# Both choose the same server for a user; the last one of the lines of each that was written with both there.
served() { grep -oE 'user 4711 is served by game-[12]' "$scratch/$1" | tail -n 1; }
[ "$(served one.out)" = "$(served two.out)" ] || fail "they disagree"
# By the ring of the atframework too.
configure ring 3 host-e 'choose = ring' 'etcd.auth.user = root' 'etcd.auth.password = secret'
start ring
ring=$pid
expect ring.out 'registered, lease'
expect ring.out 'user 4711 is served by game-[123]$'
expect_end INT "$ring" 0
expect one.out 'left game-3'

# They end in order: what is left chooses among the rest.
kill -TERM "$successor"
expect one.out "^.$successor. stopped"
expect two.out 'left game-1'
[ "$(served two.out)" = 'user 4711 is served by game-2' ] || fail "somebody else is chosen"
expect_end TERM "$two" 0
expect two.out "^.$two. stopped"
expect_end TERM "$watch" 0

for name in one two ring; do
  printf -- '--- %s\n' "$name"
  grep -v ' debug: ' "$scratch/$name.out" | cut -c 1-170
done

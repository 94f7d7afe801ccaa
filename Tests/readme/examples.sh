#!/usr/bin/env bash
# Runs the examples in C against a real etcd: examples.sh DIRECTORY (scripts/demo is the test of game_server)
# shellcheck source=expect.sh
. "$(dirname "$0")/expect.sh"

# Arguments.
for example in register game_server upgrade; do
  expect_status 0 "usage: $example" "$1/$example" --help
  expect_status 2 'is missing' "$1/$example"
  expect_status 2 "'--nonsense'" "$1/$example" --nonsense
  expect_status 2 "unexpected argument 'word'" "$1/$example" word
done
expect_status 2 'endpoints' "$1/register" --key /k --value v --endpoints nonsense
expect_status 2 'lease.ttl.s' "$1/register" --key /k --value v --ttl nonsense
expect_status 2 'lease.ttl.s' "$1/game_server" --name a --address b --ttl nonsense
expect_status 2 'lease.id' "$1/upgrade" --key /k --value v --lease nonsense

# One registers and the other sees it, from its first state to its last.
"$1/etcdcli-watch" --prefix /t/ --endpoints "$etcd_url" >"$scratch/watch.out" 2>&1 </dev/null &
watch=$!
expect watch.out 'that is all there is at revision 1$'
"$1/register" --key /t/one --value v1 --endpoints "$etcd_url" >"$scratch/register.out" 2>&1 </dev/null &
register=$!
expect register.out 'held, lease [0-9]+, revision 2$'
expect watch.out '\+ /t/one v1$'

# Another process does not get the key.
expect_status 1 'conflict: the key says "v1"' "$1/register" --key /t/one --value v2 --endpoints "$etcd_url"
expect_status 1 'another server has it: v1' \
  "$1/game_server" --prefix /t/ --name one --address v2 --endpoints "$etcd_url"

# One that has died is taken over by its successor, which says the same.
kill -KILL "$register"
"$1/register" --key /t/one --value v1 --endpoints "$etcd_url" >"$scratch/successor.out" 2>&1 </dev/null &
register=$!
expect successor.out 'held'
expect watch.out '~ /t/one v1$'

# A host that is asked to end revokes its lease.
expect_end INT "$register" 0
expect watch.out '- /t/one$'

# A process is replaced by another one, and nobody sees its key blink.
"$1/upgrade" --key /t/two --value v --ttl 5 --endpoints "$etcd_url" >"$scratch/upgrade.out" 2>&1 </dev/null &
upgrade=$!
expect upgrade.out "^.$upgrade. holds the key, lease [0-9]+"
expect watch.out "\\+ /t/two v $upgrade\$"
expect_end HUP "$upgrade" 0
for _ in $(seq 200); do
  successor=$(sed -n "s/^.\([0-9]*\). holds the key.*/\1/p" "$scratch/upgrade.out" | grep -vx "$upgrade" || true)
  [ -z "$successor" ] || break
  sleep 0.05
done
[ -n "$successor" ] || fail "the successor does not hold the key"
expect watch.out "~ /t/two v $successor\$"
[ "$(grep -oE 'lease [0-9]+' "$scratch/upgrade.out" | sort -u | grep -c .)" = 1 ] || fail "it is another lease"
if grep -q -- '- /t/two' "$scratch/watch.out"; then fail "the key was gone for a moment"; fi
kill -INT "$successor"
expect watch.out '- /t/two$'

# One that begins later sees what is there, or what has happened since.
"$1/etcdcli-watch" --prefix '' --rev 2 --endpoints "$etcd_url" >"$scratch/history.out" 2>&1 </dev/null &
history=$!
expect history.out '- /t/one$'
[ "$(grep -c "/t/one" "$scratch/history.out")" = 3 ] || fail "the history is not 3 changes long"
expect_end TERM "$history" 0
expect_end TERM "$watch" 0

#!/usr/bin/env bash
# Runs the examples in C against a real etcd: examples.sh DIRECTORY (scripts/demo is the test of game_server)
# shellcheck source=expect.sh
. "$(dirname "$0")/expect.sh"

# Arguments.
for example in register watch game_server; do
  expect_status 0 "usage: $example" "$1/$example" --help
  expect_status 2 'is missing' "$1/$example"
  expect_status 2 "'--nonsense'" "$1/$example" --nonsense
  expect_status 2 "unexpected argument 'word'" "$1/$example" word
done
expect_status 2 'endpoints' "$1/register" --key /k --value v --endpoints nonsense
expect_status 2 'lease.ttl.s' "$1/register" --key /k --value v --ttl nonsense
expect_status 2 'endpoints' "$1/watch" --prefix /k --endpoints nonsense
expect_status 2 "--revision is '-1'" "$1/watch" --prefix /k --revision -1
expect_status 2 'lease.ttl.s' "$1/game_server" --name a --address b --ttl nonsense

# One registers and the other sees it, from its first state to its last.
"$1/watch" --prefix /t/ --endpoints "$etcd_url" >"$scratch/watch.out" 2>&1 </dev/null &
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

# One that begins later sees what is there, or what has happened since.
"$1/watch" --prefix '' --revision 2 --endpoints "$etcd_url" >"$scratch/history.out" 2>&1 </dev/null &
history=$!
expect history.out '- /t/one$'
[ "$(grep -c . "$scratch/history.out")" = 3 ] || fail "the history is not 3 changes long"
expect_end TERM "$history" 0
expect_end TERM "$watch" 0

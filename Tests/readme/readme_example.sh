#!/usr/bin/env bash
# Runs the example of the README, which registers a server and sees it: readme_example.sh PROGRAM
# shellcheck source=expect.sh
. "$(dirname "$0")/expect.sh"

"$1" "$etcd_url" >"$scratch/example.out" 2>&1 </dev/null &
example=$!
expect example.out '^\+ /game/servers/blue 10\.0\.0\.7:7000$'
kill -0 "$example" || fail "the example ended by itself"
[ "$(grep -c . "$scratch/example.out")" = 1 ] || fail "the example said more than one line"

expect_status 1 'endpoints' "$1" 'this is no URL'

#!/usr/bin/env python3
"""Checks docs/api-coverage.md: check_coverage.py SOURCE_DIRECTORY

Every method of etcd's has a row; what the rows say is so, in the headers, the manifest, the library and the tests.
"""

import pathlib
import re
import sys

# As in etcd 3.5's rpc.proto, v3lock.proto and v3election.proto.
METHODS = {
    "KV": "Range Put DeleteRange Txn Compact",
    "Watch": "Watch",
    "Lease": "LeaseGrant LeaseRevoke LeaseKeepAlive LeaseTimeToLive LeaseLeases",
    "Cluster": "MemberAdd MemberRemove MemberUpdate MemberList MemberPromote",
    "Maintenance": "Alarm Status Defragment Hash HashKV Snapshot MoveLeader Downgrade",
    "Auth": "AuthEnable AuthDisable AuthStatus Authenticate UserAdd UserGet UserList UserDelete UserChangePassword "
    "UserGrantRole UserRevokeRole RoleAdd RoleGet RoleList RoleDelete RoleGrantPermission RoleRevokePermission",
    "Lock": "Lock Unlock",
    "Election": "Campaign Proclaim Leader Observe Resign",
}

# What the tests call these by.
ALIASES = {"etcdcli_delete": "erase", "etcdcli_watcher_new": "watch_prefix"}


def read(path):
    return path.read_text(encoding="utf-8")


def tests_of(text):
    """The test cases of a file: title to tags and body."""
    found = {}
    starts = list(re.finditer(r'^TEST_CASE(?:_METHOD)?\((?:\w+,\s*)?"([^"]*)",\s*"([^"]*)"\)', text, flags=re.M))
    for start, end in zip(starts, starts[1:] + [None]):
        found[start[1]] = (start[2], text[start.end() : end.start() if end else len(text)])
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    row = r'^\| (\w+\.\w+) \| `([\w/-]+)` \| (.*?) \| `(\w+\.cpp)`: "(.*?)" \|'
    rows = re.findall(row, read(root / "docs/api-coverage.md"), flags=re.M)
    named = [row[0] for row in rows]
    wanted = [f"{service}.{method}" for service, methods in METHODS.items() for method in methods.split()]
    problems = [f"{method} has no row" for method in wanted if method not in named]
    problems += [f"{method} has {named.count(method)} rows" for method in sorted(set(named)) if named.count(method) > 1]
    problems += [f"{method} is no method of etcd's" for method in named if method not in wanted]

    headers = read(root / "include/etcdcli/etcdcli.h") + read(root / "include/etcdcli/admin.h")
    manifest = read(root / "cmake/exports.txt").split()
    library = "".join(read(path) for path in sorted((root / "Sources/EtcdCore").rglob("*.swift")))
    for method, path, cell, file, title in rows:
        functions = re.findall(r"`(etcdcli_\w+)`", cell)
        if not functions:
            problems.append(f"{method} names no function")
        tags, body = tests_of(read(root / "Tests/abi" / file)).get(title, ("", ""))
        if "[etcd]" not in tags:
            problems.append(f"{method}: {file} has no test \"{title}\" that runs on real servers")
        for function in functions:
            if function not in manifest or not re.search(rf"\b{function}\(", headers):
                problems.append(f"{method}: {function} is not in the manifest, or in no header")
            gateway = function.startswith("etcdcli_gateway_")
            if not gateway and f'"/{path}"' not in library:
                problems.append(f"{method}: the library does not know /{path}")
            if gateway and f'"{path}"' not in body:
                problems.append(f"{method}: the test does not ask for {path}")
            alias = ALIASES.get(function, function.removeprefix("etcdcli_"))
            if not gateway and not re.search(rf"\b({function}|{alias})\b", body):
                problems.append(f"{method}: the test \"{title}\" does not use {function}")
    print(f"{len(rows)} methods")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()

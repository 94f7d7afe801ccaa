#!/usr/bin/env python3
"""Counts the instructions of a few hot paths, and compares them with those that were recorded. See README.md.

Only what the library itself executes is counted, Swift's runtime in it included, and not what it calls in libc and
libcurl, which are others on each system. Each path is taken a few times, and often: the difference has nothing of what
comes before and after.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE / "instructions.json"
# How much more than was recorded is too much. Pieces in which bytes arrive, and so turns, are not the same in each run.
TOLERANCE = 0.08
# Of each path: what a canned server tells, the command, how often, and how many of these are one.
PATHS = {
    "a range": ("one key", "calls URL range 1 {n}", (200, 1200), 1),
    "a document of 64 events": ("watch-64", "pumps URL {n} 64", (6400, 70400), 64),
    "a document of one event": ("watch-1", "pumps URL {n} 64", (1000, 9000), 1),
    "an idle pump": ("one key", "idle-pumps URL {n}", (1000, 11000), 1),
    "a lookup among 20 services": ("services", "lookups URL {n}", (1000, 21000), 1),
}
# No probes come in between.
QUIET = ["--set", "probe.interval.ms=3600000"]


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def own_instructions(report):
    """Those of callgrind's report that are of the library's own code: without the calls out of it."""
    names = {}
    counted = 0
    is_own = False
    is_call = False
    for line in report.read_text(errors="replace").splitlines():
        if line.startswith("ob="):
            number, _, name = line[3:].partition(" ")
            if name:
                names[number] = name
            is_own = "/libetcdcli.so" in names[number]
        elif line.startswith("cob="):
            number, _, name = line[4:].partition(" ")
            if name:
                names[number] = name
        elif line.startswith("calls="):
            is_call = True
        elif line and (line[0].isdigit() or line[0] in "+-*"):
            if is_own and not is_call:
                counted += int(line.split()[1])
            is_call = False
    return counted


def count(build, wire, extra, load, command, size):
    """The instructions of one run."""
    way, load = ("one", "key") if load == "one key" else (wire, load)
    server = subprocess.Popen(
        [build / "canned", way, load], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        url = f"http://127.0.0.1:{server.stdout.readline().split()[0]}"
        with tempfile.TemporaryDirectory() as directory:
            report = pathlib.Path(directory) / "report"
            words = [url if word == "URL" else word for word in command.replace("{n}", str(size)).split()]
            run(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={report}", build / "library", *words, *QUIET]
                + extra
            )
            return own_instructions(report)
    finally:
        server.stdin.close()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="where the benchmarks were built")
    parser.add_argument("--update", action="store_true", help="record what is seen")
    arguments = parser.parse_args()
    known = run([arguments.build / "library", "wires"]).split()
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    seen = {}
    bad = 0
    for wire in [wire for wire in ("json", "grpc") if wire in known]:
        extra = ["--wire", wire] if len(known) > 1 else []
        for path, (load, command, sizes, share) in PATHS.items():
            if wire == "grpc" and path in ("an idle pump", "a lookup among 20 services"):
                continue
            name = f"{path}, {wire}"
            few, many = (count(arguments.build, wire, extra, load, command, size) for size in sizes)
            each = seen[name] = round((many - few) * share / (sizes[1] - sizes[0]))
            if arguments.update:
                print(f"recorded: {name}: {each:,} instructions")
                continue
            before = recorded.get(name)
            if before is None:
                verdict = "FAILED: nothing is recorded of it"
            elif each <= 0:
                verdict = "FAILED: nothing was counted"
            elif each > before * (1 + TOLERANCE):
                verdict = "FAILED"
            elif each < before * (1 - TOLERANCE):
                verdict = "ok, and less than was recorded: scripts/instructions --update"
            else:
                verdict = "ok"
            bad += verdict.startswith("FAILED")
            print(f"{name}: {each:,} instructions, recorded {before or 0:,}: {verdict}", flush=True)
    if arguments.update:
        RECORDED.write_text(json.dumps(seen, indent=2) + "\n")
    else:
        print(f"{len(seen) - bad} paths as recorded, {bad} not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

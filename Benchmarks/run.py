#!/usr/bin/env python3
"""Runs the benchmarks that `scripts/bench` has built: everybody in turn, round by round. See README.md."""

import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

import figures
import plots

HERE = pathlib.Path(__file__).resolve().parent
# How long one run of one program may take, in seconds.
LIMIT = 300


class Failed(Exception):
    pass


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.programs = arguments.build / "Benchmarks"
        self.out = arguments.build / "figures"
        self.out.mkdir(exist_ok=True)
        self.results = []
        self.scales = []
        self.calls_of_system = []
        self.took = {}
        self.notes = []
        self.load_at_start = " ".join(f"{value:.1f}" for value in os.getloadavg())
        self.subjects = self.find_subjects()

    # --- who there is ---

    def find_subjects(self):
        """Of each name the program, what is said to it besides, and its environment."""
        subjects = {}
        known = self.output([self.programs / "library", "wires"], {}).split()
        wanted = ["json", "grpc"] if self.arguments.wire == "both" else [self.arguments.wire]
        for wire in wanted:
            if wire not in known:
                self.note(f"this library does not speak {wire} yet")
                continue
            # A library that knows one way only has no option for it.
            extra = ["--wire", wire] if len(known) > 1 else []
            subjects[wire] = (self.programs / "library", extra, {})
        if "grpc" in subjects:
            gathered = ["--wire", "grpc", "--set", "calls.gather=true"]
            subjects["gathered"] = (self.programs / "library", gathered, {})
        if self.arguments.against:
            environment = {"LD_LIBRARY_PATH": str(self.arguments.against.resolve())}
            before = self.output([self.programs / "library", "wires"], environment).split()
            for wire in list(subjects):
                if wire in before:
                    extra = ["--wire", wire] if len(before) > 1 else []
                    subjects[f"before {wire}"] = (self.programs / "library", extra, environment)
        for peer in ("libcurl", "nghttp2", "go"):
            program = self.programs / f"peer-{peer}"
            if program.exists():
                subjects[peer] = (program, [], {})
            else:
                self.note(f"{program.name} was not built")
        return subjects

    def participants(self, who):
        """Those of `who` that there are; a build before stands beside each of the library's."""
        names = []
        for name in who:
            names += [one for one in (name, f"before {name}") if one in self.subjects]
        return names

    def note(self, text):
        self.notes.append(text)
        print(f"note: {text}", flush=True)

    # --- running ---

    def output(self, command, environment, limit=LIMIT):
        command = [str(part) for part in command]
        try:
            done = subprocess.run(
                command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=limit
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(command)}: it took more than {limit} s") from None
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def run(self, name, command, url, preload=False):
        program, extra, environment = self.subjects[name]
        if preload:
            environment = {**environment, "LD_PRELOAD": str(self.programs / "liballocations.so")}
        words = [url if word == "URL" else word for word in command.split()]
        start = time.monotonic()
        figures_of_it = json.loads(self.output([program, *words, *extra], environment))
        figures_of_it["process_ms"] = 1e3 * (time.monotonic() - start)
        return figures_of_it

    def decode(self, name, command):
        _, load, seconds = command.split()
        way = {"json": "json", "grpc": "protobuf"}.get(name)
        file = self.out / f"{load}.{'grpc' if name in ('grpc', 'protobuf') else 'json'}"
        if not file.exists():
            self.output([self.programs / "canned", file.suffix[1:], load, file], {})
        if way:
            program = self.arguments.build / "packer/release/decode-packer"
            return json.loads(self.output([program, way, file, seconds], {}))
        return json.loads(self.output([self.programs / "decode", name, file, seconds], {}))

    def measure(self, measurement):
        quick = 1 if self.arguments.quick else 0
        command = measurement.command
        for size, values in measurement.sizes.items():
            command = command.replace("{" + size + "}", str(values[quick]))
        is_decoding = command.startswith("decode ")
        if is_decoding:
            wires = [wire for wire in ("json", "grpc") if self.arguments.wire in (wire, "both")]
            who = [name for name in measurement.who if name in wires or name not in ("json", "grpc")]
        else:
            who = self.participants(measurement.who)
        if not any(name in ("json", "grpc") for name in who):
            return
        values = {name: [] for name in who}
        servers = {}
        try:
            for index in range(measurement.rounds[quick]):
                # In turn, and each as often before the others as after them: what else the machine does hits all.
                for name in who[:: 1 if index % 2 == 0 else -1]:
                    if name not in values:
                        continue
                    try:
                        if is_decoding:
                            found = self.decode(name, command)
                        else:
                            url = self.url(measurement, name, servers)
                            found = self.run(name, command, url, measurement.preload)
                    except Failed as failure:
                        self.note(f"{measurement.name}, {name}: {failure}")
                        del values[name]
                        continue
                    values[name].append(found)
        finally:
            for server in servers.values():
                server.stop()
        self.derive(measurement, command, values)
        for figure in measurement.figures:
            own = {
                name: [run[figure.name] for run in runs]
                for name, runs in values.items()
                if runs and all(figure.name in run for run in runs)
            }
            if own:
                result = Result(measurement, figure, own)
                self.results.append(result)
                print("\n".join(result.lines()), flush=True)

    def url(self, measurement, name, servers):
        if not measurement.load:
            return self.arguments.url
        wire = "json" if name.split()[-1] in ("json", "libcurl") else "grpc"
        if measurement.anew and wire in servers:
            servers.pop(wire).stop()
        if wire not in servers:
            servers[wire] = Canned(self.programs / "canned", wire, measurement.load)
        return servers[wire].url

    @staticmethod
    def derive(measurement, command, values):
        """What is not printed by the programs themselves."""
        if measurement.name == "first" and "libcurl" in values:
            for name, runs in values.items():
                for run, bare in zip(runs, values["libcurl"]):
                    if name != "libcurl":
                        run["beyond_ms"] = run["process_ms"] - bare["process_ms"]
        for runs in values.values():
            for run in runs:
                if "pump_ns" in run:
                    run["ratio"] = run["pump_ns"] / run["epoll_ns"]
                if "requests" in run:
                    run["requests_a_minute"] = 60 * run["requests"] / float(command.split()[-1])

    def take(self, name, function, *arguments):
        start = time.monotonic()
        function(*arguments)
        self.took[name] = round(time.monotonic() - start, 1)

    def system_calls(self):
        """What `strace` counts of a command with more of something, less what it counts with less."""
        in_c = ["json", "grpc", "libcurl", "nghttp2"]
        cases = [
            ("an idle pump", "idle-pumps URL {n}", (2000, 12000), {"epoll_wait": 1}, ["json", "grpc"]),
            ("a put and its event, one at a time", "latency URL {n}", (100, 400), {}, in_c),
        ]
        for title, command, sizes, besides, who in cases:
            for name in self.participants(who):
                counts = []
                for size in sizes:
                    counts.append(self.strace(name, command.replace("{n}", str(size))))
                if None in counts:
                    continue
                each = {}
                for call in counts[1]:
                    share = (counts[1][call] - counts[0].get(call, 0)) / (sizes[1] - sizes[0])
                    share -= besides.get(call, 0)
                    # Of what happens now and then there may be more in one run than in another.
                    if share > 0.02:
                        each[call] = share
                text = ", ".join(f"{share:.2f} {call}" for call, share in sorted(each.items(), key=lambda x: -x[1]))
                self.calls_of_system.append((title, name, sum(each.values()), text))
                print(f"system calls of {title}, {name}: {sum(each.values()):.2f} ({text or 'none'})", flush=True)

    def strace(self, name, command):
        program, extra, environment = self.subjects[name]
        words = [self.arguments.url if word == "URL" else word for word in command.split()]
        report = self.out / "strace.txt"
        try:
            self.output(["strace", "-f", "-c", "-o", report, program, *words, *extra], environment)
        except (Failed, FileNotFoundError) as failure:
            self.note(f"no system calls of {name}: {failure}")
            return None
        counts = {}
        for line in report.read_text().splitlines():
            match = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
            if match and match[2] != "total":
                counts[match[2]] = int(match[1])
        return counts

    def scale(self, scale):
        sizes = [1, 10, 100, 1000] if self.arguments.quick else [1, 10, 100, 1000, 10000]
        points = {}
        for size in sizes:
            for name in self.participants(scale.who):
                most = scale.most.get(name.split()[-1], 0)
                if self.arguments.quick and name in ("libcurl", "before json"):
                    most = min(most, 100)
                if size > most:
                    continue
                # What takes no time is measured more often.
                command = scale.command.replace("{n}", str(size))
                runs = []
                try:
                    for _ in range(3 if size <= 100 and not self.arguments.quick else 1):
                        runs.append(self.run(name, command, self.arguments.url)["cpu_us"])
                except Failed as failure:
                    self.note(f"{size} {scale.name}, {name}: {failure}")
                    continue
                points.setdefault(name, []).append((size, statistics.median(runs)))
        if points:
            self.scales.append((scale, points))
            for name, own in points.items():
                text = ", ".join(f"{size:,}: {value:.1f}" for size, value in own)
                print(f"{scale.title} (µs), {name}: {text}", flush=True)

    # --- what is said of it ---

    def plot(self):
        for scale, points in self.scales:
            title = scale.title[0].upper() + scale.title[1:]
            plots.lines(self.out / f"scale-{scale.name}.svg", title, "µs", points)
        at_once = [1, 16, 64]
        calls = [(operation, n) for operation in ("range", "put") for n in at_once]
        floods = ["watch-64", "watch-1", "watch-64-4k", "watch-1-4k"]
        for name, title, unit, parts in (
            ("range-cpu", "CPU of a range", "µs", [(f"range-{n}", "cpu_us", f"{n} in flight") for n in at_once]),
            ("put-cpu", "CPU of a put", "µs", [(f"put-{n}", "cpu_us", f"{n} in flight") for n in at_once]),
            ("calls", "Calls a second", "", [(f"{o}-{n}", "per_second", f"{o}, {n}") for o, n in calls]),
            ("latency", "Put → watch callback", "µs", [("latency", f"p{p}_us", f"p{p}") for p in ("50", "99", "999")]),
            ("flood", "A watch's flood: CPU of an event", "µs", [(load, "cpu_us", load) for load in floods]),
            ("decoding", "Decoding alone: CPU of an event", "µs", [("decoding", "cpu_us", "64 bytes")]),
            ("decoding-4k", "Decoding alone: CPU of an event", "µs", [("decoding-4k", "cpu_us", "4 KiB")]),
        ):
            groups = {}
            for measurement, figure, label in parts:
                for result in self.results:
                    if (result.measurement.name, result.figure.name) == (measurement, figure):
                        groups[label] = {who: spread(values) for who, values in result.values.items()}
            if groups:
                plots.bars(self.out / f"{name}.svg", title, unit, groups)

    def size_of_library(self):
        path = next((self.arguments.build / "lib").glob("libetcdcli.so.*.*.*"))
        return path.stat().st_size

    def environment(self):
        cpu = "unknown"
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
        load = " ".join(f"{value:.1f}" for value in os.getloadavg())
        return {
            "date": time.strftime("%Y-%m-%d"),
            "etcd": self.arguments.etcd,
            "cpus": os.cpu_count(),
            "cpu": cpu,
            "kernel": ".".join(platform.release().split(".")[:2]),
            "load_at_start": self.load_at_start,
            "load_at_end": load,
            "quick": self.arguments.quick,
        }

    def write_json(self):
        document = {
            "environment": self.environment(),
            "library_bytes": self.size_of_library(),
            "figures": [
                {
                    "measurement": result.measurement.name,
                    "figure": result.figure.name,
                    "title": result.figure.title,
                    "unit": result.figure.unit,
                    "values": result.values,
                }
                for result in self.results
            ],
            "scale": {scale.name: points for scale, points in self.scales},
            "system_calls": [
                {"of": title, "who": who, "count": count, "which": text}
                for title, who, count, text in self.calls_of_system
            ],
            "seconds": self.took,
            "notes": self.notes,
        }
        path = self.out / "figures.json"
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        return path

    def judgements(self):
        """Of each goal: its text, what was seen, and whether it is reached."""
        for result in self.results:
            for goal in result.figure.goals:
                values = result.values.get(goal.who)
                if not values or (goal.peer and goal.peer not in result.values):
                    continue
                if goal.peer:
                    seen, unit = statistics.median(result.ratios(goal.who, goal.peer)), f"× {goal.peer}"
                else:
                    seen, unit = statistics.median(values), result.figure.unit
                yield judge(f"{result.figure.title}, {goal.who}", seen, unit, goal)
        for scale, points in self.scales:
            for goal in scale.goals:
                if goal.who in points:
                    size, seen = points[goal.who][-1]
                    yield judge(f"{scale.title}, {size:,}, {goal.who}", seen, "µs", goal)
        megabytes = self.size_of_library() / 1e6
        yield judge("size of the library", megabytes, "MB", figures.less("", 7.5))

    def document(self):
        """The part of docs/benchmarks.md that is this run."""
        environment = self.environment()
        lines = [
            f"Run on {environment['date']} with etcd {environment['etcd']}, on {environment['cpus']} cores of "
            f"{environment['cpu']}, Linux {environment['kernel']}, shared by client and server. The machine's load was "
            f"{environment['load_at_start']} before and {environment['load_at_end']} after it (of the last 1, 5 and 15 "
            f"minutes){'; a quick run' if environment['quick'] else ''}.",
            "",
            "| | who | least | median | most | against |",
            "|---|---|--:|--:|--:|---|",
        ]
        for result in self.results:
            title = f"{result.figure.title}{', ' + result.figure.unit if result.figure.unit else ''}"
            for name, values in result.values.items():
                least, median, most = spread(values)
                against = "; ".join(
                    f"{show(ratio[1])} × {peer} ({show(ratio[0])}–{show(ratio[2])})"
                    for peer, ratio in result.comparisons(name)
                )
                lines.append(f"| {title} | {name} | {show(least)} | {show(median)} | {show(most)} | {against} |")
                title = ""
        lines += ["", "System calls, as `strace` counts them:", "", "| | who | in all | which |", "|---|---|--:|---|"]
        for title, who, count, text in self.calls_of_system:
            lines.append(f"| {title} | {who} | {count:.2f} | {text} |")
        sizes = sorted({size for _, points in self.scales for own in points.values() for size, _ in own})
        lines += ["", "CPU of each where there are so many, in µs:", ""]
        lines.append("| | who | " + " | ".join(f"{size:,}" for size in sizes) + " |")
        lines.append("|---|---|" + "--:|" * len(sizes))
        for scale, points in self.scales:
            title = scale.title
            for name, own in points.items():
                found = dict(own)
                cells = " | ".join(show(found[size]) if size in found else "" for size in sizes)
                lines.append(f"| {title} | {name} | {cells} |")
                title = ""
        lines += ["", f"The library has {self.size_of_library():,} bytes.", "", "What is to be reached:", ""]
        lines += ["| | seen | to be reached | |", "|---|--:|--:|---|"]
        for title, seen, limit, reached in self.judgements():
            lines.append(f"| {title} | {seen} | {limit} | {'yes' if reached else '**no**'} |")
        if self.notes:
            lines += [""] + [f"- {note}" for note in self.notes]
        return lines


class Canned:
    """A server that has made up its answers."""

    def __init__(self, program, wire, load):
        self.process = subprocess.Popen(
            [program, wire, load], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        port = self.process.stdout.readline().split()
        if not port:
            raise SystemExit(f"{program} did not start")
        self.url = f"http://127.0.0.1:{port[0]}"

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Result:
    """A figure and what was seen of it: of each name one value a round."""

    def __init__(self, measurement, figure, values):
        self.measurement = measurement
        self.figure = figure
        self.values = values

    def ratios(self, name, peer):
        pairs = zip(self.values[name], self.values[peer])
        return [own / other if other else float("inf") for own, other in pairs]

    def comparisons(self, name):
        """The library with each peer; a build before stands for itself. What may be negative has no ratios."""
        ours = ("json", "grpc", "gathered")
        if name not in ours or self.figure.name in ("ratio", "beyond_ms"):
            return []
        peers = [p for p in self.values if p.split()[-1] not in ours or p == f"before {name}"]
        if self.figure.name == "allocations":
            # What allocates next to nothing is no measure.
            peers = [p for p in peers if statistics.median(self.values[p]) >= 0.1]
        return [(peer, spread(self.ratios(name, peer))) for peer in peers]

    def lines(self):
        yield f"\n{self.figure.title}{' (' + self.figure.unit + ')' if self.figure.unit else ''}"
        for name, values in self.values.items():
            least, median, most = spread(values)
            line = f"  {name:<12} {show(median):>10}  [{show(least)} .. {show(most)}]"
            against = [
                f"{show(ratio[1])} × {peer} [{show(ratio[0])} .. {show(ratio[2])}]"
                for peer, ratio in self.comparisons(name)
            ]
            yield f"{line:<44} {'  '.join(against)}".rstrip()


def spread(values):
    return min(values), statistics.median(values), max(values)


def show(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"


def judge(title, seen, unit, goal):
    reached = seen >= goal.limit if goal.at_least else seen <= goal.limit
    sign = "≥" if goal.at_least else "≤"
    return title, f"{show(seen)} {unit}".strip(), f"{sign} {show(goal.limit)}", reached


def replace_part(path, lines):
    """Puts these lines between the two markers of a document."""
    text = path.read_text()
    begin, end = "<!-- figures -->\n", "<!-- end of figures -->\n"
    if begin not in text or end not in text:
        raise SystemExit(f"{path} has no markers")
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    path.write_text(before + begin + "\n".join(lines) + "\n" + end + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--etcd", required=True, help="its version")
    parser.add_argument("--wire", choices=["json", "grpc", "both"], default="both")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--against", type=pathlib.Path, help="a directory with another build of the library")
    parser.add_argument("--only", default="", help="a pattern that the names of measurements match")
    parser.add_argument("--document", type=pathlib.Path, help="whose part between markers is to be this run")
    arguments = parser.parse_args()

    bench = Bench(arguments)
    wanted = lambda name: re.search(arguments.only, name)
    bench.output([bench.programs / "decode", "check"], {})
    # So that ranges find something.
    first = next(iter(bench.subjects))
    bench.run(first, "calls URL put 1 1", arguments.url)
    for measurement in figures.MEASUREMENTS:
        if wanted(measurement.name):
            bench.take(measurement.name, bench.measure, measurement)
    print()
    if wanted("system-calls"):
        bench.take("system-calls", bench.system_calls)
    print()
    for scale in figures.SCALES:
        if wanted(f"scale-{scale.name}"):
            bench.take(f"scale-{scale.name}", bench.scale, scale)
    bench.plot()
    path = bench.write_json()
    print("\nWhat is to be reached:")
    for title, seen, limit, reached in bench.judgements():
        print(f"  {'yes' if reached else 'NO ':<4} {title}: {seen} ({limit})")
    print(f"\nlibrary: {bench.size_of_library():,} bytes; {path} and plots beside it")
    if arguments.document:
        replace_part(arguments.document, bench.document())


if __name__ == "__main__":
    sys.exit(main())

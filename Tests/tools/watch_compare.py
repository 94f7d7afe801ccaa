#!/usr/bin/env python3
"""Compares etcdcli-watch with `etcdctl watch`, beside each other under random faults: watch_compare.py --help

Three members behind proxies, writers that change several keys at a time, and two watchers of all of it. Members are
killed and stopped, connections cut and held, history is compacted. What each watcher printed is then compared, event by
event, with the history that etcd itself tells, read from its members directly, revision by revision.

With --harsh so much is compacted that a watcher which is cut off finds changes gone. etcdcli-watch then tells the
difference, and what is compared is the changes that it told of as such, and the picture that all of it makes.

Exit status 1 if etcdcli-watch lacks an event, has one twice, has one that never was, has one in the wrong place, makes
a wrong picture, or ended. What etcdctl does is told, and no failure; when it ends, it is started again after the last
revision that it printed, or, if that is compacted, at the end.
"""

import argparse
import base64
import collections
import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time

from etcds import Etcd, GatewayError, encoded, prefix_end, wait_until

PREFIX = b"/compare/"

# As either program, and etcd, tells of it.
Event = collections.namedtuple("Event", "revision kind key value create_revision version")


def event_of(kind, kv):
    """An event as etcd's JSON has it, which etcdctl's is too."""
    number = lambda name: int(kv.get(name, 0))
    data = lambda name: base64.b64decode(kv.get(name, ""))
    return Event(
        number("mod_revision"), kind, data("key"), data("value"), number("create_revision"), number("version")
    )


class Proxy:
    """Passes connections to a port on, cuts them, or holds what they carry without closing anything."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.target = None
        self.passing = threading.Event()
        self.passing.set()
        self.lock = threading.Lock()
        self.sockets = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            server.settimeout(None)
        except OSError:
            client.close()
            return
        with self.lock:
            self.sockets |= {client, server}
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source, target):
        try:
            while True:
                self.passing.wait()
                data = source.recv(65536)
                self.passing.wait()
                if not data:
                    break
                target.sendall(data)
        except OSError:
            pass
        self._close(source, target)

    def _close(self, *sockets):
        for each in sockets:
            with self.lock:
                known = each in self.sockets
                self.sockets.discard(each)
            if known:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                each.close()

    def cut(self):
        """Resets every connection."""
        with self.lock:
            sockets = list(self.sockets)
        for each in sockets:
            try:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass
        self._close(*sockets)

    def close(self):
        self.listener.close()
        self.passing.set()
        self.cut()


class Writers:
    """Change keys at random, and note when etcd has said of a revision that it is done."""

    def __init__(self, etcd, rate, seed, count=2):
        self.etcd = etcd
        self.done = {}  # revision to time
        self.unknown = 0
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=self._run, args=(random.Random(seed + i), rate / count, i), daemon=True)
            for i in range(count)
        ]
        for thread in self.threads:
            thread.start()

    def _run(self, dice, rate, index):
        keys = [PREFIX + b"%d" % i for i in range(200)] + [PREFIX + b"\xff\x00\n", PREFIX]
        gateway = index
        while not self.stopping.is_set():
            self.stopping.wait(dice.expovariate(rate))
            chosen = dice.sample(keys, dice.choice((1, 1, 1, 2, 3, 8)))
            operations = [
                ("delete", key) if dice.random() < 0.2 else ("put", key, dice.randbytes(int(dice.paretovariate(0.7)) % 30_000))
                for key in chosen
            ]
            try:
                revision = self.etcd.gateways[gateway].txn(operations, timeout=2)
                self.done.setdefault(revision, time.monotonic())
            except GatewayError:  # it may have happened
                self.unknown += 1
                gateway = (gateway + 1) % len(self.etcd.gateways)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class Watcher:
    """A program that prints changes, started again when it ends, with what it has printed."""

    def __init__(self, name, command, parse, reads_first=False):
        self.name = name
        self.command = command
        self.parse = parse
        self.events = []  # that were told as changes
        self.differences = 0  # and how many others
        self.picture = {}
        self.revision = 0
        self.start = ["--rev", "2"]
        self.times = {}  # revision to when its first event came
        self.ends = []  # what it last said each time it ended
        self.process = None
        self.stopping = False
        if reads_first:
            self.start = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _take(self, is_change, event):
        self.revision = max(self.revision, event.revision)
        self.times.setdefault(event.revision, time.monotonic())
        if event.kind == "PUT":
            self.picture[event.key] = event.value
        else:
            self.picture.pop(event.key, None)
        if is_change:
            self.events.append(event)
        else:
            self.differences += 1

    def _run(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ETCDCTL_")}
        while not self.stopping:
            self.process = subprocess.Popen(
                self.command + self.start,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
            )
            compacted = False
            said = collections.deque(maxlen=1)
            reader = threading.Thread(target=lambda: said.extend(self.process.stderr), daemon=True)
            reader.start()
            for line in self.process.stdout:
                try:
                    answer = json.loads(line)
                except ValueError:  # what is no JSON says why it ends
                    said.append(line)
                    continue
                compacted = bool(answer.get("CompactRevision"))  # says etcdctl, and ends
                for is_change, event in self.parse(answer):
                    self._take(is_change, event)
            self.process.wait()
            reader.join()
            if not self.stopping:
                self.ends.append(b"".join(said).decode(errors="replace").strip()[-200:])
                self.start = [] if compacted else ["--rev", str(max(2, self.revision + 1))]
                time.sleep(0.2)

    def stop(self):
        self.stopping = True
        self.process.terminate()
        self.thread.join(20)
        return self.process.wait()


def parse_ours(line):
    if line["type"] not in ("PUT", "DELETE"):
        return []
    data = lambda name: line[name].encode() if name in line else base64.b64decode(line.get(name + "_base64", ""))
    number = lambda name: line.get(name, 0)
    fields = (data("key"), data("value"), number("create_revision"), number("version"))
    return [(line["source"] == "watch", Event(line["mod_revision"], line["type"], *fields))]


def parse_etcdctls(answer):
    events = answer.get("Events") or []
    return [(True, event_of("DELETE" if event.get("type") else "PUT", event["kv"])) for event in events]


class Truth:
    """The history, read from members directly. No revision may be missing in it, because each has changed a key."""

    def __init__(self, etcd):
        self.etcd = etcd
        self.events = []

    @property
    def revision(self):
        return self.events[-1].revision if self.events else 1

    def read_until(self, revision):
        turn = 0
        while self.revision < revision:
            body = {
                "key": encoded(PREFIX),
                "range_end": encoded(prefix_end(PREFIX)),
                "start_revision": self.revision + 1,
            }
            try:
                for answer in self.etcd.gateways[turn].stream(body, timeout=3):
                    for event in answer["result"].get("events", []):
                        event = event_of(event.get("type", "PUT"), event["kv"])
                        if event.revision not in (self.revision, self.revision + 1):
                            raise AssertionError(f"etcd told of {event.revision} after {self.revision}")
                        self.events.append(event)
                    if self.revision >= revision:
                        break
            except (GatewayError, KeyError):
                turn = (turn + 1) % len(self.etcd.gateways)
                time.sleep(0.1)


class Faults:
    """One after the other, some at the same time, until it is told to stop; then everything is well again."""

    def __init__(self, etcd, proxies, seed):
        self.etcd = etcd
        self.proxies = proxies
        self.counts = collections.Counter()
        self.dice = random.Random(seed)
        self.stopping = threading.Event()
        self.busy = [threading.Lock() for _ in proxies]
        self.threads = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping.wait(self.dice.uniform(1, 6)):
            for _ in range(2 if self.dice.random() < 0.15 else 1):
                member = self.dice.randrange(len(self.proxies))
                kind = self.dice.choice((self._kill, self._stop, self._cut, self._hold))
                thread = threading.Thread(target=self._one, args=(kind, member, self.dice.uniform(0.2, 9)), daemon=True)
                thread.start()
                self.threads.append(thread)

    def _one(self, kind, member, seconds):
        if not self.busy[member].acquire(blocking=False):
            return
        try:
            self.counts[kind.__name__[1:]] += 1
            kind(member, seconds)
        finally:
            self.busy[member].release()

    def _kill(self, member, seconds):
        self.etcd.members[member].kill()
        self.stopping.wait(seconds)
        self.etcd.members[member].start()
        self.stopping.wait(1)

    def _stop(self, member, seconds):
        self.etcd.members[member].freeze()
        self.stopping.wait(seconds)
        self.etcd.members[member].thaw()

    def _cut(self, member, _):
        self.proxies[member].cut()

    def _hold(self, member, seconds):
        self.proxies[member].passing.clear()
        self.stopping.wait(seconds)
        self.proxies[member].passing.set()

    def stop(self):
        self.stopping.set()
        self.thread.join()
        for thread in self.threads:
            thread.join()


class Compactions:
    """Forget, every now and then, what is older than some time; the truth is read before."""

    def __init__(self, etcd, writers, truth, every, behind):
        self.counts = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(etcd, writers, truth, every, behind), daemon=True)
        self.thread.start()

    def _run(self, etcd, writers, truth, every, behind):
        while not self.stopping.wait(every):
            before = time.monotonic() - behind
            old = [revision for revision, done in list(writers.done.items()) if done < before]
            if not old:
                continue
            truth.read_until(max(old))
            for gateway in etcd.gateways:
                try:
                    gateway.compact(max(old))
                    self.counts += 1
                    break
                except GatewayError:
                    pass

    def stop(self):
        self.stopping.set()
        self.thread.join()


def picture_of(events):
    picture = {event.key: event for event in events}
    return {key: event.value for key, event in picture.items() if event.kind == "PUT"}


def compare(truth, watcher):
    """How what was told differs from what there was."""
    seen = watcher.events
    wanted, got = collections.Counter(truth), collections.Counter(seen)
    newest, backwards = 0, 0
    for event in seen:
        backwards += event.revision < newest
        newest = max(newest, event.revision)
    return {
        "events": len(seen),
        "missing": sum((wanted - got).values()),
        "twice": sum(count - wanted[event] for event, count in got.items() if event in wanted and count > wanted[event]),
        "never were": sum(count for event, count in got.items() if event not in wanted),
        "out of order": backwards,
        "the same sequence": "yes" if seen == truth else "no",
        "told as a difference": watcher.differences,
        "the picture at the end": "right" if watcher.picture == picture_of(truth) else "wrong",
    }


def delays(done, times):
    """Milliseconds from when the writer was told that it was done to when it was printed; never less than none."""
    found = sorted(max(0.0, times[revision] - at) * 1000 for revision, at in done.items() if revision in times)
    return [f"{found[min(len(found) - 1, int(len(found) * part))]:.0f}" for part in (0.5, 0.99, 1)] if found else []


def default_etcdctl():
    """One that is named, or the one that came with etcd's own binaries."""
    beside = os.path.join(os.path.dirname(os.environ.get("ETCDCLI_TEST_ETCD_35", "")), "etcdctl")
    return os.environ.get("ETCDCLI_TEST_ETCDCTL") or (beside if os.access(beside, os.X_OK) else None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=600, help="how long there are faults")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="of writers and faults")
    parser.add_argument("--rate", type=float, default=40, help="writes a second")
    parser.add_argument("--harsh", action="store_true", help="keep 2 s of history, and not 60")
    parser.add_argument("--etcd", default=os.environ.get("ETCDCLI_TEST_ETCD_35_SID"))
    parser.add_argument("--etcdctl", default=default_etcdctl())
    parser.add_argument("--tool", default=os.environ.get("ETCDCLI_WATCH"), help="etcdcli-watch")
    options = parser.parse_args()
    for name in ("etcd", "etcdctl", "tool"):
        if not getattr(options, name):
            parser.error(f"--{name} is missing")
    print(f"seed {options.seed}, {options.seconds:.0f} s of faults", flush=True)

    proxies = [Proxy() for _ in range(3)]

    def advertise(index, port):
        proxies[index].target = port
        return proxies[index].url

    etcd = Etcd(options.etcd, 3, ["--unsafe-no-fsync"], advertise=advertise)
    watchers = []
    try:
        endpoints = ",".join(proxy.url for proxy in proxies)
        prefix = ["--prefix", PREFIX.decode()]
        command = [options.tool, "--endpoints", endpoints, "--json"] + prefix
        ours = Watcher("etcdcli-watch", command, parse_ours, reads_first=options.harsh)
        etcdctl = [options.etcdctl, "--endpoints", endpoints, "-w", "json", "watch"] + prefix
        watchers = [ours, Watcher("etcdctl watch", etcdctl, parse_etcdctls)]
        writers = Writers(etcd, options.rate, options.seed)
        truth = Truth(etcd)
        every, behind = (2, 2) if options.harsh else (30, 60)
        compactions = Compactions(etcd, writers, truth, every, behind)
        faults = Faults(etcd, proxies, options.seed)
        time.sleep(options.seconds)
        faults.stop()
        compactions.stop()
        writers.stop()

        # A last change, which both have to come to.
        def write_last():
            try:
                return etcd.gateway.txn([("put", PREFIX + b"last", b"")], timeout=5)
            except GatewayError:
                return 0

        last = wait_until(write_last, "etcd is well again", 60)
        truth.read_until(last)
        deadline = time.monotonic() + 60
        while min(watcher.revision for watcher in watchers) < last and time.monotonic() < deadline:
            time.sleep(0.1)
        end = ours.stop()
        watchers[1].stop()
    finally:
        for watcher in watchers:
            if watcher.process and watcher.process.poll() is None:
                watcher.stopping = True
                watcher.process.kill()
        etcd.close()
        for proxy in proxies:
            proxy.close()

    faulted = ", ".join(f"{count} {kind}" for kind, count in sorted(faults.counts.items()))
    print(f"faults: {faulted}; {compactions.counts} compactions")
    print(f"history: {last - 1} revisions, {len(truth.events)} events; {writers.unknown} writes of unknown outcome")
    rows = {watcher.name: compare(truth.events, watcher) for watcher in watchers}
    for watcher in watchers:
        row = rows[watcher.name]
        row["ended by itself"] = len(watcher.ends)
        row["delay in ms: half, 99 %, worst"] = " / ".join(delays(writers.done, watcher.times))
    print(f"| | {' | '.join(rows)} |\n|---|{'---|' * len(rows)}")
    for name in next(iter(rows.values())):
        print(f"| {name} | {' | '.join(str(row[name]) for row in rows.values())} |")
    for watcher in watchers:
        for said, count in collections.Counter(watcher.ends).most_common(5):
            print(f"{watcher.name} ended {count} times: {said}")
    mine = rows[ours.name]
    wrong = ["missing"] if not options.harsh else []
    wrong += ["twice", "never were", "out of order"]
    bad = any(mine[name] != 0 for name in wrong) or mine["the picture at the end"] != "right"
    bad = bad or (mine["the same sequence"] != "yes" and not options.harsh)
    bad = bad or ours.ends or end != 0 or len(truth.events) < last - 1
    print("FAILED" if bad else "etcdcli-watch printed the history as it was")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

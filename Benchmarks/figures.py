"""What is measured, of whom, and what is to be reached."""

from dataclasses import dataclass, field

EVERYBODY = ["json", "grpc", "libcurl", "nghttp2", "go"]
# The library as a host has it that asks much outside of pumps: by gRPC with `calls.gather`.
WITH_GATHERED = ["json", "grpc", "gathered", "libcurl", "nghttp2", "go"]
DECODERS = ["json", "grpc", "rapidjson", "simdjson", "protobuf"]


@dataclass
class Goal:
    """That `who` has no more than `limit` (or no less: `at_least`), by itself or in terms of `peer`."""

    who: str
    limit: float
    peer: str = ""
    at_least: bool = False


@dataclass
class Figure:
    """One number that a program prints."""

    name: str
    title: str
    unit: str
    goals: list = field(default_factory=list)


@dataclass
class Measurement:
    """One command, run by each of `who` in turn, and the figures of it. `{...}` is filled in from `Sizes`, by full or
    quick; `load` is what a canned server tells, `real` etcd is asked otherwise."""

    name: str
    command: str
    figures: list
    who: list
    load: str = ""
    # A server that answers only one client, once.
    anew: bool = False
    rounds: tuple = (5, 3)
    sizes: dict = field(default_factory=dict)
    preload: bool = False


def less(who, limit, peer=""):
    return Goal(who, limit, peer)


def more(who, limit, peer=""):
    return Goal(who, limit, peer, at_least=True)


def _calls(operation, at_once, full, quick):
    goals = []
    if operation == "range":
        goals.append(less("json", 1.15, "libcurl"))
    if at_once == 16:
        goals += [less("grpc", 1.6, "nghttp2"), less("grpc", 0.45, "go")]
        goals += [less("gathered", 1.6, "nghttp2"), less("gathered", 0.45, "go")]
    return Measurement(
        f"{operation}-{at_once}",
        f"calls URL {operation} {at_once} {{count}}",
        [
            Figure("cpu_us", f"{operation}, {at_once} in flight: CPU", "µs", goals),
            Figure(
                "per_second", f"{operation}, {at_once} in flight: calls", "a second", [more("grpc", 1.0, "go")]
            ),
        ],
        WITH_GATHERED if at_once > 1 else EVERYBODY,
        sizes={"count": (full, quick)},
    )


def _decoding(name, stream, values):
    goals = [less("json", 1 / 3, "rapidjson"), less("json", 1 / 1.5, "simdjson")]
    return Measurement(
        name,
        "decode %s {seconds}" % stream,
        [Figure("cpu_us", "decoding alone, %s: CPU an event" % values, "µs", goals)],
        DECODERS,
        rounds=(5, 2),
        sizes={"seconds": ("1", "0.2")},
    )


def _flood(load, title, full, value_size, goals, quick_rounds=2):
    return Measurement(
        load,
        f"flood URL {full} {value_size}",
        [Figure("cpu_us", f"{title}: CPU an event", "µs", goals)],
        EVERYBODY,
        load=load,
        rounds=(5, quick_rounds),
    )


# 4 KiB in base64, and what is around it, are 5.6 KB of JSON: at 1.2 GB/s that is 4.7 µs.
JSON_4K_US = 5.6e3 / 1.2e3


MEASUREMENTS = [
    _calls("range", 1, 4000, 400),
    _calls("range", 16, 8000, 1200),
    _calls("range", 64, 8000, 1600),
    _calls("put", 1, 2000, 200),
    _calls("put", 16, 6000, 800),
    _calls("put", 64, 6000, 1200),
    Measurement(
        "latency",
        "latency URL {count}",
        [
            Figure("p50_us", "put → watch callback: p50", "µs", [less("grpc", 0.9, "go")]),
            Figure("p99_us", "put → watch callback: p99", "µs", [less("grpc", 0.9, "go")]),
            Figure("p999_us", "put → watch callback: p99.9", "µs", [less("grpc", 0.9, "go")]),
            Figure("cpu_us", "put and its event: CPU", "µs"),
        ],
        EVERYBODY,
        sizes={"count": (3000, 300)},
    ),
    _flood("watch-64", "64 events a document, 64 bytes", 200000, 64, [less("json", 0.5), less("grpc", 0.3)], 3),
    _flood("watch-1", "1 event a document, 64 bytes", 100000, 64, [less("json", 1.5), less("grpc", 0.8)]),
    _flood("watch-64-4k", "64 events a document, 4 KiB", 40000, 4096, [less("json", JSON_4K_US)]),
    _flood("watch-1-4k", "1 event a document, 4 KiB", 20000, 4096, []),
    _decoding("decoding", "decode-64", "64 bytes"),
    _decoding("decoding-4k", "decode-64-4k", "4 KiB"),
    Measurement(
        "pumps",
        "pumps URL 200000 64",
        [
            Figure("p50_us", "a pump under flood, budget 64: p50 of CPU", "µs"),
            Figure(
                "p999_us", "a pump under flood, budget 64: p99.9 of CPU", "µs", [less("json", 500), less("grpc", 500)]
            ),
            Figure("most_us", "a pump under flood, budget 64: the longest", "µs"),
        ],
        ["json", "grpc"],
        load="watch-64",
    ),
    Measurement(
        "pumps-1",
        "pumps URL 100000 64",
        [
            Figure(
                "p999_us",
                "a pump under flood, 1 event a document: p99.9 of CPU",
                "µs",
                [less("json", 500), less("grpc", 500)],
            )
        ],
        ["json", "grpc"],
        load="watch-1",
        rounds=(5, 2),
    ),
    Measurement(
        "idle-pump",
        "idle-pumps URL {count}",
        [
            Figure("pump_ns", "an idle pump: CPU", "ns"),
            Figure("epoll_ns", "epoll_wait(…, 0) beside it: CPU", "ns"),
            Figure("ratio", "an idle pump, in terms of epoll_wait(…, 0)", "×", [less("json", 1.5), less("grpc", 1.5)]),
        ],
        ["json", "grpc"],
        sizes={"count": (500000, 100000)},
    ),
    Measurement(
        "put-allocations",
        "calls URL put 16 {count}",
        [Figure("allocations", "allocations of a put", "", [less("json", 8), less("grpc", 8)])],
        EVERYBODY,
        rounds=(3, 1),
        sizes={"count": (2000, 500)},
        preload=True,
    ),
    Measurement(
        "flood-allocations",
        "flood URL 200000 64",
        [Figure("allocations", "allocations of an event, 64 a document", "", [less("json", 0.1), less("grpc", 0.1)])],
        EVERYBODY,
        load="watch-64",
        rounds=(3, 1),
        preload=True,
    ),
    Measurement(
        "flood-1-allocations",
        "flood URL 100000 64",
        [Figure("allocations", "allocations of an event, 1 a document", "")],
        EVERYBODY,
        load="watch-1",
        rounds=(3, 1),
        preload=True,
    ),
    Measurement(
        "watcher-memory",
        "watchers URL {count}",
        [
            Figure("heap_bytes", "an idle watcher: heap", "bytes", [less("grpc", 2048)]),
            Figure("resident_bytes", "an idle watcher: resident", "bytes"),
        ],
        EVERYBODY,
        rounds=(3, 1),
        sizes={"count": (1000, 200)},
    ),
    Measurement(
        "keepalive-memory",
        "keepalives URL {count}",
        [
            Figure("heap_bytes", "a keepalive: heap", "bytes", [less("json", 1024), less("grpc", 1024)]),
            Figure("resident_bytes", "a keepalive: resident", "bytes"),
        ],
        ["json", "grpc"],
        rounds=(3, 1),
        sizes={"count": (1000, 500)},
    ),
    Measurement(
        "index",
        "snapshot URL 1000",
        [Figure("heap_bytes", "1,000 indexed keys: heap", "bytes", [less("json", 131072), less("grpc", 131072)])],
        ["json", "grpc"],
        load="index",
        anew=True,
        rounds=(3, 2),
    ),
    Measurement(
        "snapshot",
        "snapshot URL 100000",
        [Figure("cpu_us", "a snapshot of 100,000 keys of 150 bytes: CPU a key", "µs")],
        ["json", "grpc"],
        load="snapshot",
        anew=True,
        rounds=(5, 2),
    ),
    Measurement(
        "lookup",
        "lookups URL {count}",
        [Figure("lookup_ns", "who of 20 services serves a hash", "ns")],
        ["json"],
        load="services",
        anew=True,
        sizes={"count": (2000000, 300000)},
    ),
    Measurement(
        "first",
        "first URL",
        [
            Figure("process_ms", "a process that makes one put, from its start to its end", "ms"),
            Figure(
                "beyond_ms",
                "a process that makes one put, beyond what bare libcurl needs",
                "ms",
                [less("json", 20), less("grpc", 20)],
            ),
            Figure("cpu_us", "a process that makes one put: CPU in all", "µs"),
        ],
        EVERYBODY,
        rounds=(11, 5),
    ),
    Measurement(
        "idle",
        "idle URL 100 100 {seconds}",
        [
            Figure(
                "cpu_percent",
                "100 watchers and 100 keys, idle: CPU",
                "% of a core",
                [less("json", 0.1), less("grpc", 0.1)],
            ),
            Figure("requests_a_minute", "100 watchers and 100 keys, idle: requests", "a minute"),
        ],
        ["json", "grpc", "go"],
        rounds=(1, 1),
        sizes={"seconds": (60, 6)},
    ),
]


@dataclass
class Scale:
    """The same command with more and more of something."""

    name: str
    title: str
    command: str
    who: list
    most: dict
    goals: list = field(default_factory=list)


# Each watch of the gateway is a connection, and costs etcd 74 KiB.
SCALES = [
    Scale(
        "watchers",
        "starting so many watchers: CPU of each",
        "watchers URL {n}",
        EVERYBODY,
        {"json": 1000, "libcurl": 1000, "go": 10000, "grpc": 10000, "nghttp2": 10000},
        [less("grpc", 50)],
    ),
    Scale(
        "keepalives",
        "holding so many keys: CPU of each",
        "keepalives URL {n}",
        ["json", "grpc"],
        {"json": 10000, "grpc": 10000},
    ),
    Scale(
        "calls",
        "so many ranges at once: CPU of each",
        "calls URL range {n} {n}",
        EVERYBODY,
        {"json": 10000, "libcurl": 1000, "go": 10000, "grpc": 10000, "nghttp2": 10000},
    ),
]

import EtcdSimulator
import Glibc

let help = """
  Runs the core on virtual time against a simulated etcd and network; see docs/testing.md.

    --seeds N     how many runs (100)
    --seed S      the first seed (1)
    --verbose     print the whole trace of each run, and what the runs met
    --statistics  print what the runs met
    --hash        print a hash over all traces: the same for the same seeds, in every process
    --strict      what is known to fail today (docs/testing.md) counts as failed too
    --races       each run is a race of several claimants for one key, and nothing else
    --keep-going  do not stop at the first failure
    --help        this

  Prints seeds per second, and for a failure the seed, the promise that was broken and the end of the trace.
  Ends with 0 if every promise was kept, 1 if not, 2 if the arguments are wrong.
  """

var seeds: UInt64 = 100
var first: UInt64 = 1
var isVerbose = false
var showsStatistics = false
var showsHash = false
var keepsGoing = false
var isStrict = false
var areRaces = false

func refuse(_ text: String) -> Never {
  let line = Array("simulate: \(text)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
  exit(2)
}

var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  func number() -> UInt64 {
    guard let text = arguments.popFirst(), let value = UInt64(text) else { refuse("\(argument) takes a number") }
    return value
  }
  switch argument {
  case "--seeds": seeds = number()
  case "--seed": first = number()
  case "--verbose": isVerbose = true
  case "--statistics": showsStatistics = true
  case "--hash": showsHash = true
  case "--strict": isStrict = true
  case "--races": areRaces = true
  case "--keep-going": keepsGoing = true
  case "--help", "-h":
    print(help)
    exit(0)
  default: refuse("there is no option \(argument)")
  }
}

@MainActor func run(_ seed: UInt64, recordingTrace: Bool) -> Simulation.Outcome {
  areRaces
    ? Simulation.race(seed: seed, recordingTrace: recordingTrace)
    : Simulation.run(seed: seed, recordingTrace: recordingTrace, isStrict: isStrict)
}

func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

Watchdog.install()
let start = seconds()
var statistics = Statistics()
var hash: UInt64 = 0
var steps = 0
var failures: [(UInt64, String)] = []
var done: UInt64 = 0

for seed in first..<(first + seeds) {
  Watchdog.watch(seed)
  let outcome = run(seed, recordingTrace: isVerbose)
  done += 1
  steps += outcome.steps
  hash = (hash ^ outcome.traceHash) &* 0x0000_0100_0000_01B3
  statistics.merge(outcome.statistics)
  if isVerbose {
    print("seed \(seed): \(outcome.setting)")
    for line in outcome.trace { print(line) }
  }
  guard let violation = outcome.violation else { continue }
  let known = violation.known.map { " (known: \($0))" } ?? ""
  failures.append((seed, "\(violation.promise)" + known))
  if keepsGoing {
    print("FAILED seed \(seed)  \(violation.promise.rawValue)\n  \(violation.text)\(known)")
    continue
  }
  if !isVerbose {
    let again = run(seed, recordingTrace: true)
    print("seed \(seed): \(again.setting)")
    for line in again.trace.suffix(150) { print(line) }
  }
  print("FAILED seed \(seed)  \(violation.promise.rawValue)\n  \(violation.text)\(known)")
  break
}

let elapsed = seconds() - start
if showsStatistics || isVerbose {
  for (name, count) in statistics.counts.sorted(by: { $0.key < $1.key }) { print("  \(count)\t\(name)") }
}
if showsHash { print("trace hash \(String(hash, radix: 16))") }
func rounded(_ value: Double) -> String { String(Double(Int(value * 10)) / 10) }
print(
  "\(done) seeds, \(failures.count) failed, \(steps) steps, \(rounded(elapsed)) s, "
    + "\(rounded(Double(done) / max(elapsed, 0.001))) seeds/s")
if keepsGoing, !failures.isEmpty {
  var counts: [String: Int] = [:]
  var firsts: [String: UInt64] = [:]
  for (seed, what) in failures {
    counts[what, default: 0] += 1
    firsts[what] = firsts[what] ?? seed
  }
  for (what, count) in counts.sorted(by: { $0.key < $1.key }) {
    print("  \(what): \(count), first with seed \(firsts[what] ?? 0)")
  }
}
exit(failures.isEmpty ? 0 : 1)

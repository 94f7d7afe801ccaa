// swift-tools-version: 6.1
import PackageDescription

// Imports go downwards only: EtcdABI -> EtcdCore -> EtcdPacker, EtcdTransport.
// The flags that make the shipped library (static Swift runtime, SONAME, export list) are CMake's to add:
// see `cmake/`. A plain `swift build` gives a library for tests and tools.

// With ETCDCLI_GRPC=OFF in the environment HTTP/2 is left out, and with it nghttp2 and OpenSSL.
let hasHTTP2 = Context.environment["ETCDCLI_GRPC"] != "OFF"

let package = Package(
  name: "etcdcli",
  products: [
    .library(name: "etcdcli", type: .dynamic, targets: ["EtcdABI"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections.git", from: "1.1.0")
  ],
  targets: [
    .systemLibrary(name: "CEtcdcli", path: "include"),
    .systemLibrary(
      name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CCares", path: "Sources/CCares", pkgConfig: "libcares", providers: [.apt(["libc-ares-dev"])]),
    .systemLibrary(
      name: "CNghttp2", path: "Sources/CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(
      name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSystem", path: "Sources/CSystem"),
    .systemLibrary(name: "CBase64", path: "Sources/CBase64"),
    .target(name: "EtcdPacker", dependencies: ["CBase64"]),
    .target(
      name: "EtcdTransport",
      dependencies: ["CCares", "CCurl", "CSystem", .product(name: "DequeModule", package: "swift-collections")]
        + (hasHTTP2 ? ["CNghttp2", "COpenSSL"] : []),
      exclude: [hasHTTP2 ? "HTTP2Absent" : "HTTP2"]),
    .target(
      name: "EtcdCore",
      dependencies: [
        "EtcdPacker", "EtcdTransport",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
      ]),
    .target(name: "EtcdABI", dependencies: ["EtcdCore", "CEtcdcli"]),
    // What more than one of the targets below needs. Not a part of what is shipped.
    .target(name: "TestSupport", dependencies: ["EtcdTransport"], path: "Tests/Support"),
    .testTarget(name: "EtcdPackerTests", dependencies: ["EtcdPacker", "TestSupport"], exclude: ["vectors"]),
    .testTarget(
      name: "EtcdTransportTests", dependencies: ["EtcdTransport", "CNghttp2", "CSystem", "TestSupport"]),
    .testTarget(name: "EtcdCoreTests", dependencies: ["EtcdCore", "TestSupport"]),
    .testTarget(name: "EtcdABITests", dependencies: ["EtcdABI", "EtcdCore", "CEtcdcli"]),
    // The deterministic simulator (docs/testing.md): the core on virtual time. Not a part of what is shipped.
    .target(
      name: "EtcdSimulator",
      dependencies: [
        "EtcdCore", "EtcdPacker", "EtcdTransport", "TestSupport",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      path: "Tests/EtcdSimulator", exclude: ["mutations"]),
    .executableTarget(name: "simulate", dependencies: ["EtcdSimulator"], path: "Tests/simulate"),
    .testTarget(
      name: "EtcdSimulatorTests",
      dependencies: ["EtcdSimulator", "EtcdPacker", "EtcdTransport", "CSystem", "TestSupport"]),
    // What `scripts/fuzz` fuzzes, and its corpus as tests (docs/fuzzing.md). Not a part of what is shipped.
    .target(
      name: "FuzzTargets", dependencies: ["EtcdCore", "EtcdPacker", "EtcdTransport", "TestSupport"],
      path: "Tests/fuzz/Targets"),
    // What the benchmarks measure of decoding alone (Benchmarks/README.md). Not a part of what is shipped.
    .executableTarget(name: "decode-packer", dependencies: ["EtcdPacker"], path: "Benchmarks/decode"),
    .testTarget(name: "FuzzCorpusTests", dependencies: ["FuzzTargets", "TestSupport"], path: "Tests/fuzz/CorpusTests"),
  ],
  swiftLanguageModes: [.v6]
)

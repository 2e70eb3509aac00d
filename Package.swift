// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// Run-time checks of exclusive access cost a fifth of the time that an event takes where every byte goes through a
/// buffer's properties (docs/performance.md). What they would catch, the compiler proves elsewhere.
let unchecked: SwiftSetting = .unsafeFlags(["-enforce-exclusivity=unchecked"])

func room(_ name: String, _ dependencies: [Target.Dependency], hot: Bool = false) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: hot ? strict + [unchecked] : strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A C library of the system's, described by its module map and shim.h.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

// Imports point one way: Cinelog → Collector, Loader, Insights → EventLog, Warehouse, HTTPServer →
// Events → C modules. Platform (clock, threads, logs, metrics) is below them all but Events.
// A C module is imported by one room only.
let package = Package(
    name: "cinelog",
    products: [
        .executable(name: "cinelog", targets: ["Cinelog"]),
        // Preloaded by tests.
        .library(name: "ClockStep", type: .dynamic, targets: ["ClockStep"]),
        .library(name: "AllocationCount", type: .dynamic, targets: ["AllocationCount"]),
    ],
    targets: [
        system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        system("CXXHash", pkgConfig: "libxxhash", apt: "libxxhash-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CRDKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CValijson", linkerSettings: [.linkedLibrary("re2")]),
        .target(name: "CADBC"),
        .target(name: "CWebAssets", exclude: ["files"]),

        room("Platform", []),
        room("Events", ["CSimdJSON"], hot: true),
        room("Schemas", ["CValijson", "Events", "Platform"]),
        room("HTTPServer", ["CMicroHTTPD", "Compression", "Events", "Platform"]),
        room("Compression", ["CZlib", "Events"]),
        room("HTTPClient", ["CCurl", "Compression", "Events", "Platform"]),
        room("EventLog", ["CRDKafka", "CSQLite", "CXXHash", "Events", "Platform"]),
        room("Warehouse", ["CADBC", "Events", "HTTPClient", "Platform"]),
        room("WebAssets", ["CWebAssets", "Events", "HTTPServer"]),
        room("Collector", ["CCrypto", "Events", "EventLog", "HTTPServer", "Platform", "Schemas", "WebAssets"]),
        room("Loader", ["Events", "EventLog", "Schemas", "Warehouse", "Platform"]),
        room("Backup", ["Compression", "Events", "EventLog", "Warehouse", "Platform"]),
        room("Insights", ["Events", "EventLog", "Warehouse", "HTTPServer", "HTTPClient", "Platform", "WebAssets"]),
        .executableTarget(
            name: "Cinelog",
            dependencies: [
                "Collector", "Loader", "Backup", "Insights", "Events", "EventLog", "Warehouse", "HTTPServer",
                "HTTPClient", "Platform", "Schemas",
            ], swiftSettings: strict),

        // A file system that fails on demand; tests run it as a program. (Without pkg-config: only tests need its library.)
        .executableTarget(
            name: "FaultFS", path: "Tests/FaultFS",
            cSettings: [.define("_GNU_SOURCE"), .define("_FILE_OFFSET_BITS", to: "64")],
            linkerSettings: [.linkedLibrary("fuse3")]),
        .target(
            name: "ClockStep", path: "Tests/ClockStep", publicHeadersPath: ".", cSettings: [.define("_GNU_SOURCE")]),
        .target(
            name: "AllocationCount", path: "Tests/AllocationCount", publicHeadersPath: ".",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-fno-builtin"])]),
        .target(
            name: "TestSupport", dependencies: ["CCrypto", "Events", "EventLog", "HTTPClient", "Platform"],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("FaultFSTests", ["Platform", "TestSupport"]),
        tests("Campaigns", ["Events", "EventLog", "HTTPClient", "Platform", "TestSupport"]),
        tests("PlatformTests", ["Platform", "TestSupport"]),
        tests("EventsTests", ["Events", "TestSupport"]),
        .testTarget(
            name: "HTTPServerTests", dependencies: ["HTTPServer", "Events", "Platform"],
            exclude: ["framing-corpus.tsv"], swiftSettings: strict),
        tests("SchemasTests", ["Schemas", "Events", "Platform"]),
        tests("EventLogTests", ["EventLog", "Events", "Platform", "TestSupport"]),
        // A Kafka cluster for tests, in a process of its own: the brokers that librdkafka brings along.
        .executableTarget(name: "KafkaStandIn", dependencies: ["CRDKafka"], path: "Tests/KafkaStandIn"),
        .testTarget(
            name: "KafkaTests", dependencies: ["EventLog", "Events", "HTTPClient", "Platform", "TestSupport"],
            exclude: ["read_older_clients.py"], swiftSettings: strict),
        tests("ClusterTests", ["Events", "HTTPClient", "Platform", "TestSupport", "Warehouse"]),
        tests("WebAssetsTests", ["WebAssets", "Events", "TestSupport"]),
        tests("WarehouseTests", ["Warehouse", "Events", "Platform", "TestSupport"]),
        tests("HTTPClientTests", ["HTTPClient", "Events", "Platform", "TestSupport"]),
        .testTarget(
            name: "CollectorTests",
            dependencies: ["Collector", "Events", "EventLog", "HTTPServer", "Platform", "Schemas", "TestSupport"],
            exclude: ["json-corpus.tsv"], swiftSettings: strict),
        tests(
            "InsightsTests",
            ["Insights", "Events", "HTTPClient", "HTTPServer", "Platform", "TestSupport", "Warehouse"]),
        tests("LoaderTests", ["Loader", "Events", "EventLog", "Warehouse", "Platform", "TestSupport"]),
        tests(
            "BackupTests",
            ["Compression", "Backup", "Loader", "Events", "EventLog", "Warehouse", "Platform", "TestSupport"]),
        tests(
            "CinelogTests",
            ["Cinelog", "HTTPClient", "HTTPServer", "EventLog", "Events", "Platform", "TestSupport", "Warehouse"]),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["Cinelog", "Collector", "EventLog", "Events", "HTTPServer", "Platform", "TestSupport"],
            path: "Tests/Fuzz", exclude: ["Corpus", "Main"], sources: ["Targets", "Tests"], swiftSettings: strict),
        .testTarget(
            name: "EndToEnd", dependencies: ["HTTPClient", "Events", "Platform", "TestSupport", "Cinelog"],
            exclude: ["schemathesis_hooks.py", "browser"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx17
)

// Fuzzers have no main function of their own, and need a build of their own: ./dev fuzz. The settings are built for them without the
// program that they are a part of.
if Context.environment["CINELOG_FUZZ_BUILD"] != nil {
    package.products.removeAll { $0.name == "cinelog" }
    package.targets.removeAll { $0.type == .test || $0.name == "Cinelog" }
    package.targets += [
        room("FuzzedSettings", ["EventLog", "Events", "HTTPServer", "Platform", "Warehouse"]),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["Collector", "EventLog", "Events", "FuzzedSettings", "HTTPServer", "Platform"],
            path: "Tests/Fuzz", exclude: ["Corpus", "Tests"], sources: ["Main", "Targets"], swiftSettings: strict),
    ]
    package.targets[package.targets.count - 2].path = "Sources/Cinelog/Settings"
}

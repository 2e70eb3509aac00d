import Foundation
import Platform
import TestSupport
import Testing

/// A short run of every target of `./dev fuzz`: its kept inputs, then what is made of them by chance. The build is the usual one, so
/// that what the fuzzers of libFuzzer found cannot come back unseen; they see more, and go by what each input reaches.
@Suite(.serialized, .turn(.processes)) struct FuzzTests {
    @Test(arguments: FuzzTargets.names)
    func `Neither kept inputs nor changed ones break the target`(name: String) throws {
        let kept = try FuzzTests.kept(name)
        #expect(!kept.isEmpty)
        let target = try #require(FuzzTargets.target(name))
        for input in kept { input.withUnsafeBytes { target.take($0) } }
        var mutator = InputMutator(seed: FuzzTests.seed, kept: kept)
        // Told before: what breaks the target ends the process.
        print("fuzz \(name): CINELOG_SEED=\(FuzzTests.seed)")
        let end = Clock.monotonicMilliseconds() + FuzzTests.millisecondsEach
        var count = 0
        while Clock.monotonicMilliseconds() < end {
            mutator.next().withUnsafeBytes { target.take($0) }
            count += 1
        }
        print("fuzz \(name): \(count) inputs")
        #expect(count > 20, "the target is too slow to find anything")
    }

    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["CINELOG_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 40)
    private static let millisecondsEach = UInt64(environment["CINELOG_FUZZ_SECONDS"] ?? "").map { $0 * 1000 } ?? 10_000

    private static func kept(_ name: String) throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Corpus/\(name)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.path < $1.path }.map { Array(try Data(contentsOf: $0)) }
    }
}

import Foundation
import Glibc
import Platform
import Testing

/// A minute of every target of `./dev fuzz`: its kept inputs, then what is made of them by chance. The build is the usual one, so that
/// what the fuzzers of libFuzzer found cannot come back unseen; they see more, and go by what each input reaches.
@Suite(.serialized) struct FuzzTests {
    @Test(arguments: FuzzTargets.names)
    func `Neither kept inputs nor changed ones break the target`(name: String) async throws {
        let kept = try FuzzTests.kept(name)
        #expect(!kept.isEmpty)
        // Told before: what breaks the target ends the process.
        print("fuzz \(name): CINELOG_SEED=\(FuzzTests.seed)")
        let count = await withCheckedContinuation { done in
            _ = Thread("fuzz") { done.resume(returning: FuzzTests.fuzz(name, kept)) }
        }
        print("fuzz \(name): \(count) inputs")
        #expect(count > 20, "the target is too slow to find anything")
    }

    /// How many changed inputs the target took. On a thread that takes what the other tests leave of the cores, and holds up none of them.
    private static func fuzz(_ name: String, _ kept: [[UInt8]]) -> Int {
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, leastPriority)
        guard let target = FuzzTargets.target(name) else { return 0 }
        for input in kept { input.withUnsafeBytes { target.take($0) } }
        var mutator = InputMutator(seed: seed, kept: kept)
        let end = Clock.monotonicMilliseconds() + millisecondsEach
        var count = 0
        while Clock.monotonicMilliseconds() < end {
            mutator.next().withUnsafeBytes { target.take($0) }
            count += 1
        }
        return count
    }

    private static let leastPriority: Int32 = 19
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed = environment["CINELOG_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 40)
    private static let millisecondsEach = UInt64(environment["CINELOG_FUZZ_SECONDS"] ?? "").map { $0 * 1000 } ?? 60_000

    private static func kept(_ name: String) throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Corpus/\(name)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.path < $1.path }.map { Array(try Data(contentsOf: $0)) }
    }
}

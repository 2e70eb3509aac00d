import Glibc
import Platform
import TestSupport
import Testing
import Warehouse

/// The tests that ask the real embedded warehouse, one after another.
@Suite(.serialized, EngineTrait()) enum AnswerTests {
    @TaskLocal static var engine: EmbeddedWarehouse?
}

/// Opens the warehouse for a suite, when it is its turn in this process.
struct EngineTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // As the program's roles do.
        signal(SIGPIPE, SIG_IGN)
        try await Turn.engine.run {
            let folder = Service.temporaryFolder()
            defer { _ = Service.shell("rm -rf '\(folder)'") }
            let engine = try EmbeddedWarehouse(folder: folder + "/warehouse", logger: quiet)
            defer { engine.close() }
            try engine.migrate()
            try await AnswerTests.$engine.withValue(engine) { try await function() }
        }
    }
}

let quiet = Logger(source: "test", level: .error)

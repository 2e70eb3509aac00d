import Events
import Glibc
import Platform
import Schemas
import Testing

/// The JSON Schema organisation's own tests for draft 7, as Debian packages them (json-schema-test-suite).
@Suite struct StandardTests {
    private static let folder = "/usr/share/json-schema-test-suite/tests/draft7"

    private struct Count: Equatable {
        var passed = 0
        var failed = 0
        /// In groups whose schema is refused: for what docs/schemas.md lists.
        var refused = 0
    }

    @Test func draft7IsKept() throws {
        var count = Count()
        var wrong: [String] = []
        for name in try FileTree.names(in: Self.folder) where name.hasSuffix(".json") {
            let text = try #require(try SmallFile.read(Self.folder + "/" + name))
            try withJSON(text) { groups in
                for group in groups.elements { Self.run(group, name, &count, &wrong) }
            }
        }
        #expect(wrong == Self.known)
        #expect(count == Count(passed: 352, failed: Self.known.count, refused: 71))
    }

    private static func run(_ group: JSONValue, _ file: String, _ count: inout Count, _ wrong: inout [String]) {
        guard let schema = group["schema"], let tests = group["tests"] else { return }
        guard let compiled = try? CompiledSchema(schema) else {
            count.refused += tests.memberCount
            return
        }
        for test in tests.elements {
            guard let data = test["data"], let valid = test["valid"]?.bool else { continue }
            let fits = compiled.faults(of: data, named: "", scratch: ByteBuffer()).isEmpty
            if fits == valid {
                count.passed += 1
            } else {
                count.failed += 1
                wrong.append("\(file): \(group["description"]?.string ?? ""): \(test["description"]?.string ?? "")")
            }
        }
    }

    private static let known: [String] = []
}

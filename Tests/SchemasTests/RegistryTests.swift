import Events
import Platform
import Schemas
import Testing

@Suite struct RegistryTests {
    private static func schema(_ mode: String, _ required: String) -> String {
        #"{"x-cinelog":{"mode":"\#(mode)"},"required":["\#(required)"],"examples":[{"\#(required)":1}]}"#
    }

    private static func event(_ information: String, version: String? = nil) -> String {
        let asked = version.map { #","schema_version":\#($0)"# } ?? ""
        return #"{"name":"seen","information":\#(information)\#(asked)}"#
    }

    @Test func theNewestVersionCountsUnlessTheEventNamesOne() throws {
        let files = try SchemaFiles()
        try files.put(Self.schema("enforce", "a"), "seen/2.json")
        try files.put(Self.schema("enforce", "b"), "seen/10.json")
        #expect(try !files.refuses(Self.event(#"{"b":1}"#)))
        #expect(try files.refuses(Self.event(#"{"a":1}"#)))
        #expect(try !files.refuses(Self.event(#"{"a":1}"#, version: "2")))
        #expect(try files.refuses(Self.event(#"{"a":1}"#, version: "7")))
    }

    @Test func theModeDecidesWhatBecomesOfAnEvent() throws {
        let files = try SchemaFiles()
        try files.put(Self.schema("enforce", "a"), "seen/1.json")
        guard case .refused(let errors) = try files.check(Self.event("{}")) else {
            return _ = Issue.record("not refused")
        }
        #expect(errors == [EventError(field: "information.a", message: "is required")])
        try files.put(Self.schema("warn", "a"), "seen/1.json")
        guard case .warned = try files.check(Self.event("{}")) else { return _ = Issue.record("not warned of") }
        try files.put(Self.schema("off", "a"), "seen/1.json")
        guard case .unchecked = try files.check(Self.event("{}")) else { return _ = Issue.record("checked") }
        guard case .unchecked = try files.check(#"{"name":"other","information":{}}"#) else {
            return _ = Issue.record("checked")
        }
    }

    @Test func aBrokenFileLeavesTheLastGoodVersionInForce() throws {
        let files = try SchemaFiles()
        try files.put(Self.schema("enforce", "a"), "seen/1.json")
        try files.put(#"{"required":["#, "seen/1.json")
        #expect(files.registry.problems.keys.sorted() == ["seen/1.json"])
        #expect(try files.refuses(Self.event("{}")))
        try files.put(Self.schema("enforce", "b"), "seen/1.json")
        #expect(files.registry.problems.isEmpty)
        #expect(try !files.refuses(Self.event(#"{"b":1}"#)))
    }

    @Test func aFileThatIsGoneTakesItsVersionAlongButAFolderThatIsGoneDoesNot() throws {
        let files = try SchemaFiles()
        try files.put(Self.schema("enforce", "a"), "seen/1.json")
        try files.put(Self.schema("enforce", "b"), "seen/2.json")
        try files.remove("seen/2.json")
        #expect(files.registry.schemas.map(\.version) == [1])
        try FileTree.remove(files.path)
        files.registry.refresh()
        #expect(files.registry.schemas.map(\.version) == [1])
        #expect(files.registry.problems == [".": "the folder is gone"])
    }

    @Test func checksAreCountedAcrossReadingsAndDryRunsAreNot() throws {
        let files = try SchemaFiles()
        try files.put(Self.schema("warn", "a"), "seen/1.json")
        _ = try files.check(Self.event("{}"))
        _ = try files.check(Self.event("{}"), counts: false)
        try files.put(Self.schema("enforce", "a"), "seen/1.json")
        _ = try files.check(Self.event(#"{"a":1}"#))
        let reading = try #require(files.registry.schemas.first).counts.reading
        #expect((reading.fitting, reading.failed) == (1, 1))
        #expect(reading.lastFault == EventError(field: "information.a", message: "is required"))
    }

    @Test(arguments: ["seen/one.json", "seen/0.json", "seen/01.json", "1.json", "a/b/1.json", "se en/1.json"])
    func aFileOfAnotherNameIsToldOf(_ file: String) throws {
        let files = try SchemaFiles()
        try files.put("{}", file)
        #expect(files.registry.problems.keys.sorted() == [file])
        #expect(files.registry.schemas.isEmpty)
    }
}

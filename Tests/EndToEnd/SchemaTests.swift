import Events
import HTTPClient
import Platform
import TestSupport
import Testing

/// The registry of custom events in the real program: a folder that changes under a running collector.
@Suite(.turn(.processes)) struct SchemaTests {
    private let folder = Service.temporaryFolder()

    private static func schema(_ mode: String, _ required: String) -> String {
        #"{"x-cinelog":{"mode":"\#(mode)"},"required":["\#(required)"],"examples":[{"\#(required)":1}]}"#
    }

    private func put(_ text: String, _ file: String) throws {
        try Folder.make(Folder.above(folder + "/" + file))
        try SmallFile.write(text, to: folder + "/" + file)
    }

    private static let event = #"{"name":"seen","information":{"a":1}}"#

    /// Awaits the collector's answer to the event, without storing it.
    private func becomes(_ status: Int, _ service: Service) throws -> Bool {
        let deadline = Clock.monotonicMilliseconds() + 30_000
        while Clock.monotonicMilliseconds() < deadline {
            let answer = try service.post("/v1/validate", #"{"type":"custom","name":"seen","information":{"a":1}}"#)
            if answer.status == status { return true }
            Pause.milliseconds(50)
        }
        return false
    }

    @Test func `Schemas change under a running service, and broken files change nothing`() throws {
        defer { try? FileTree.remove(folder) }
        let service = try Service("serve", ["SCHEMAS_DIR": folder])
        #expect(try service.post("/custom_events/", Self.event).status == 201)

        try put(Self.schema("enforce", "b"), "seen/1.json")
        #expect(try becomes(422, service))
        let refused = try service.post("/custom_events/", Self.event)
        #expect(refused.status == 422)
        #expect(refused.text == #"{"errors":[{"field":"information.b","message":"is required"}]}"#)

        try put(#"{"required":["#, "seen/1.json")
        let deadline = Clock.monotonicMilliseconds() + 30_000
        var told = false
        while !told, Clock.monotonicMilliseconds() < deadline {
            told = try service.get(service.ingest + "/readyz").text.contains(#""schema_problems":1"#)
        }
        #expect(told)
        #expect(try service.post("/custom_events/", Self.event).status == 422)

        try put(Self.schema("warn", "b"), "seen/1.json")
        #expect(try becomes(201, service))
        let dry = try service.post("/v1/validate", #"{"type":"custom","name":"seen","information":{"a":1}}"#)
        #expect(dry.text.contains(#""warnings":[{"field":"information.b","message":"is required"}]"#))
        #expect(try service.post("/custom_events/", Self.event).status == 201)

        let report = try service.get(service.admin + "/v1/schemas")
        #expect(report.status == 200)
        #expect(try report.json { $0["schemas"]?.elements.map { $0["fails"]?.int } } == [3])
        let metrics = try service.get(service.admin + "/metrics").text
        #expect(metrics.contains(#"cinelog_schema_checks_total{name="seen",version="1",outcome="fails"} 3"#))
        #expect(try service.count("custom_events", reaching: 2) == 2)
    }

    @Test func `What was refused by a schema is replayed once the schema only warns`() throws {
        defer { try? FileTree.remove(folder) }
        try put(Self.schema("enforce", "b"), "seen/1.json")
        let service = try Service("serve", ["SCHEMAS_DIR": folder, "QUARANTINE_REJECTED": "true"])
        #expect(try service.post("/custom_events/", Self.event).status == 422)
        #expect(try service.count("quarantine", reaching: 1) == 1)
        #expect(service.command("replay").output.contains("1 read: 0 replayed, 0 already there, 1 still refused"))
        #expect(try service.rows("SELECT field, reason FROM quarantine") == ["information.b\tis required"])

        try put(Self.schema("warn", "b"), "seen/1.json")
        #expect(service.command("replay").output.contains("1 read: 1 replayed, 0 already there, 0 still refused"))
        #expect(try service.rows("SELECT name FROM custom_events") == ["seen"])
    }

    @Test func `The command tells which files and examples are wrong`() throws {
        defer { try? FileTree.remove(folder) }
        try put(#"{"required":["a"],"examples":[{"b":1}]}"#, "seen/1.json")
        try put("{", "seen/2.json")
        let bad = Service.shell("\(Service.binary) schemas '\(folder)'")
        #expect(bad.code == 1)
        #expect(bad.output.contains("examples.0.a is required"))
        #expect(bad.output.contains("seen/2.json: not valid JSON"))
        let good = Service.shell("\(Service.binary) schemas '\(Service.root)/schemas'")
        #expect(good.code == 0, "\(good.output)")
        #expect(good.output.split(separator: "\n").count == 3)
    }
}

import Events
import Testing
import WebAssets

@Suite struct OpenAPIPathTests {
    let document: OpenAPIDocument

    init() throws { document = try OpenAPIDocument() }

    @Test func `The description is OpenAPI 3.1`() throws {
        #expect(document.root["openapi"]?.string == "3.1.0")
        #expect(document.root.firstDuplicateKey() == nil)
    }

    @Test func `Every endpoint is described`() throws {
        let paths = try #require(document.root["paths"]).memberNames
        let expected =
            EventKind.allCases.map { $0.path + "/" } + [
                "/v1/events", "/v1/validate", "/v1/pixel.gif", "/healthz", "/readyz", "/openapi.json", "/apidocs",
                "/cinelog.js", "/cinelog.mjs", "/cinelog.d.ts", "/v1/sql", "/v1/tail", "/v1/insights/overview",
                "/v1/ledger", "/v1/schemas", "/v1/replay", "/v1/backup", "/v1/forget", "/metrics",
            ]
        // The questions' are held against their declarations in InsightsTests.
        let fixed = paths.filter { !$0.hasPrefix("/v1/insights/") || $0 == "/v1/insights/overview" }
        #expect(fixed.sorted() == expected.sorted())
    }

    @Test func `Every reference leads somewhere, and every component is referred to`() throws {
        let references = Set(document.references(document.root))
        for reference in references {
            var value = document.root
            for name in reference.split(separator: "/").dropFirst() {
                value = try #require(value[String(name)], "\(reference) leads nowhere")
            }
        }
        for part in ["schemas", "responses"] {
            for name in try document.at("components", part).memberNames {
                #expect(references.contains("#/components/\(part)/\(name)"), "\(name) is not used")
            }
        }
    }

    @Test func `Every operation has an identity of its own, words, and an answer`() throws {
        var identities: Set<String> = []
        for operation in try operations() {
            let identity = try #require(operation["operationId"]?.string)
            #expect(identities.insert(identity).inserted, "\(identity) stands twice")
            #expect(operation["summary"]?.string?.isEmpty == false)
            #expect(operation["tags"]?.elements.compactMap(\.string).count == 1)
            let statuses = try #require(operation["responses"]).memberNames
            #expect(statuses.contains { $0.hasPrefix("2") } && statuses.contains("400") && statuses.contains("503"))
        }
    }

    @Test(arguments: ["/clicks/", "/pages/", "/films/", "/custom_events/", "/v1/events", "/v1/validate"])
    func `A way in tells of every refusal`(path: String) throws {
        let responses = try document.at("paths", path, "post", "responses")
        for status in ["201", "400", "401", "403", "408", "411", "413", "415", "422", "431", "503"] {
            #expect(responses[status] != nil, "\(path) does not tell of \(status)")
        }
        #expect(document.resolved(try #require(responses["503"]))["headers"]?["Retry-After"] != nil)
    }

    @Test(arguments: [
        "/v1/sql", "/v1/tail", "/v1/insights/overview", "/v1/ledger", "/v1/schemas", "/v1/replay", "/v1/backup",
        "/v1/forget",
        "/metrics",
    ])
    func `What the admin address answers says so`(path: String) throws {
        let item = try document.at("paths", path)
        #expect(item["servers"]?.elements.first { _ in true }?["url"]?.string == "http://127.0.0.1:8081")
        #expect((item["get"] ?? item["post"])?["tags"]?.elements.compactMap(\.string) == ["admin"])
    }

    @Test func `The pixel's query has the fields of every kind`() throws {
        let parameters = try document.at("paths", "/v1/pixel.gif", "get", "parameters").elements
        let names = Set(parameters.compactMap { $0["name"]?.string })
        let fields = EventFields.common + EventKind.allCases.flatMap(EventFields.own)
        #expect(names == Set(fields.filter { $0.type != .ignored }.map(\.name)))
    }

    private func operations() throws -> [JSONValue] {
        try document.at("paths").memberValues.flatMap { item in ["get", "post"].compactMap { item[$0] } }
    }
}

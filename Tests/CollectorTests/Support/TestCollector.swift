import Collector
import EventLog
import Events
import Glibc
import HTTPClient
import HTTPServer
import Platform

/// A collector on a free port, over a log of the test's.
final class TestCollector {
    let collector: Collector
    let folder: String
    let metrics = MetricsRegistry()

    struct Settings {
        var options = CollectorOptions()
        var listen = HTTPServerOptions(address: .tcp(host: "127.0.0.1", port: 0), threads: 2)
        var tokens: TokenVerifier?
        var keys: WriteKeys?
    }

    init(_ log: any EventLogWriter, _ change: (inout Settings) -> Void = { _ in }) throws {
        var settings = Settings()
        change(&settings)
        folder = temporaryFolder()
        collector = try Collector(
            options: settings.options, listen: settings.listen,
            privately: HTTPServerOptions(address: .unix(path: folder + "/private.sock"), threads: 1), log: log,
            tokens: settings.tokens, keys: settings.keys, metrics: metrics,
            logger: Logger(source: "test", level: .error))
    }

    deinit {
        collector.drain(milliseconds: 0)
        unlink(folder + "/private.sock")
        rmdir(folder)
    }

    var url: String { "http://127.0.0.1:\(collector.port)" }

    func post(_ path: String, _ body: String, type: String? = "application/json", _ headers: [(String, String)] = [])
        throws -> HTTPClientResponse
    { try post(path, Array(body.utf8), type: type, headers) }

    func post(_ path: String, _ body: [UInt8], type: String? = "application/json", _ headers: [(String, String)] = [])
        throws -> HTTPClientResponse
    {
        let typed = headers + (type.map { [("Content-Type", $0)] } ?? [("Content-Type", "")])
        return try body.withUnsafeBytes {
            try HTTPClient(timeoutMilliseconds: 20_000).request("POST", url + path, headers: typed, body: $0)
        }
    }

    func send(_ method: String, _ path: String, _ headers: [(String, String)] = []) throws -> HTTPClientResponse {
        try HTTPClient(timeoutMilliseconds: 20_000).request(method, url + path, headers: headers)
    }

    /// The value of a metric's series; 0 where it has not been counted.
    func metric(_ series: String) -> String {
        let line = metrics.render().split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.map { String($0.dropFirst(series.count + 1)) } ?? "0"
    }
}

func temporaryFolder() -> String {
    var template = Array("/tmp/cinelog-collector-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "no temporary folder")
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension HTTPClientResponse {
    /// What `read` finds in the answer's JSON.
    func json<Value>(_ read: (JSONValue) -> Value) throws -> Value {
        let parser = JSONParser(capacityMax: 16 << 20, depthMax: 64)
        let scratch = ByteBuffer()
        // A value points into its parser.
        return try withExtendedLifetime((parser, scratch, self)) {
            read(try parser.parse(copying: body.bytes, into: scratch))
        }
    }

    /// The fields that an error answer names; nil where it has not that form.
    func errorFields() throws -> [String]? {
        try json { value in
            guard let errors = value["errors"], errors.kind == .array, errors.memberCount > 0 else { return nil }
            let pairs = errors.elements.map { ($0["field"]?.string, $0["message"]?.string) }
            return pairs.allSatisfy { $0.0 != nil && $0.1?.isEmpty == false } ? pairs.compactMap(\.0) : nil
        }
    }
}

/// Bodies of events.
enum Sample {
    static let click = #"{"obj_id":"button#play"}"#
    static let typedClick = #"{"type":"click","obj_id":"button#play"}"#
    static let page = #"{"url":"https://cinema.example/films/42","duration":16}"#
    static let film = #"{"film_id":"b5e3c0f0-7d2b-4b7e-8f3a-2f4d1c6b7a89","timecode":"00:41:07.500000"}"#
    static let custom = #"{"information":{"quality":"1080p"}}"#
}

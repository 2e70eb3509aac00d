import Events
import Platform
import TestSupport

/// A collector as the sender sees it, over real sockets: it takes every event but those that say `"obj_id":"bad"`,
/// unless `first` has another answer.
final class CollectorScript: Sendable {
    let server: ScriptedServer

    init(first: @escaping @Sendable (ScriptedRequest, _ number: Int) -> ScriptedAnswer? = { _, _ in nil }) {
        let count = Condition(0)
        server = ScriptedServer { request in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return first(request, number) ?? CollectorScript.judge(request)
        }
    }

    /// The lines of each request.
    var batches: [[String]] { server.requests.map(CollectorScript.lines) }

    static func lines(_ request: ScriptedRequest) -> [String] {
        request.body.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    static func judge(_ request: ScriptedRequest) -> ScriptedAnswer {
        var rejected = 0
        let lines = lines(request)
        let results = lines.enumerated().map { index, line in
            guard line.contains(#""obj_id":"bad""#) else { return #"{"event_id":"x","status":"accepted"}"# }
            rejected += 1
            return #"{"index":\#(index),"status":"rejected","error":"must be good","field":"obj_id"}"#
        }
        let status = rejected == 0 ? 201 : rejected == lines.count ? 422 : 207
        let body =
            "{\"accepted\":\(lines.count - rejected),\"rejected\":\(rejected),"
            + "\"results\":[\(results.joined(separator: ","))]}"
        return .answer(status, headers: ["Content-Type: application/json"], body)
    }
}

/// The top-level member's text in a line of JSON; nil where it is not there or no string.
func member(_ name: String, of line: String) -> String? {
    let parser = JSONParser(capacityMax: 1 << 20, depthMax: 32)
    let scratch = ByteBuffer(line)
    scratch.reserve(JSONParser.padding)
    defer { withExtendedLifetime((parser, scratch)) {} }
    return try? parser.parse(scratch.bytes)[name]?.string
}

import Events
import HTTPServer

/// The Content-Types that events come in.
enum MediaType: Sendable {
    case json, lines, text

    init?(_ exchange: HTTPExchange) {
        guard let type = exchange.withHeader("Content-Type", MediaType.parse) else { return nil }
        self = type
    }

    private static func parse(_ value: UnsafeRawBufferPointer?) -> MediaType? {
        guard let value else { return nil }
        func isType(_ name: StaticString) -> Bool {
            let count = name.utf8CodeUnitCount
            guard value.count >= count else { return false }
            for place in 0..<count where value[place] | 0x20 != name.utf8Start[place] | 0x20 { return false }
            // What follows is nothing, or parameters.
            return value.count == count || value[count] == UInt8(ascii: ";") || value[count] == UInt8(ascii: " ")
        }
        if isType("application/json") { return .json }
        if isType("text/plain") { return .text }
        if isType("application/x-ndjson") || isType("application/ndjson") || isType("application/jsonl") {
            return .lines
        }
        return nil
    }
}

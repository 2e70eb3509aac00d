import CMicroHTTPD
import Glibc

/// A request's head as it lies in libmicrohttpd's memory, which ends names, values and lines in place by zero bytes. Where
/// every line ended in CRLF, each name begins two bytes behind the value before it. It does not where a line ended in a bare
/// LF, went on in the next one (RFC 9112, 5.2), or held a zero byte itself: libmicrohttpd takes all three, and shows
/// something else than what came in.
struct HeadLayout {
    private var framing = FramingGuard()
    /// Where the next header's name must be.
    private var next: UnsafeRawPointer

    /// Everything that the head tells of the framing.
    static func framing(_ exchange: HTTPExchange, _ line: RequestLine) -> FramingGuard {
        var layout = HeadLayout(line)
        layout.checkFirstLine(line, exchange.owner.begun)
        withUnsafeMutablePointer(to: &layout) {
            _ = MHD_get_connection_values_n(
                exchange.connection, .HEADER_KIND,
                { context, _, key, keyCount, value, valueCount in
                    context!.assumingMemoryBound(to: HeadLayout.self).pointee.add(
                        UnsafeRawBufferPointer(start: key, count: key == nil ? 0 : keyCount),
                        UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount))
                    return .YES
                }, $0)
        }
        exchange.headEnd = UnsafeRawPointer(line.method) + cinelog_mhd_head_bytes(exchange.connection)
        if layout.next + 2 != exchange.headEnd { layout.framing.blame(misplaced) }
        return layout.framing
    }

    /// Whether fields follow a chunked body. They could hide what the head may not have; nobody needs them here.
    ///
    /// Where the body's last line comes in two pieces, libmicrohttpd counts the head's last field among them once more.
    static func hasTrailers(_ exchange: HTTPExchange) -> Bool {
        var search = (headEnd: exchange.headEnd, found: false)
        withUnsafeMutablePointer(to: &search) {
            _ = MHD_get_connection_values_n(
                exchange.connection, .FOOTER_KIND,
                { context, _, key, _, _, _ in
                    let search = context!.assumingMemoryBound(to: (headEnd: UnsafeRawPointer?, found: Bool).self)
                    if let key, let end = search.pointee.headEnd, UnsafeRawPointer(key) < end { return .YES }
                    search.pointee.found = true
                    return .NO
                }, $0)
        }
        return search.found
    }

    private static let misplaced = "a line of the head does not end in CRLF, goes on in the next, or has a zero byte"

    private init(_ line: RequestLine) { next = UnsafeRawPointer(line.version) + strlen(line.version) + 2 }

    /// One space between its parts, and nothing lost behind a zero byte.
    private mutating func checkFirstLine(_ line: RequestLine, _ begun: BegunRequest) {
        guard !begun.targetIsBad, let target = begun.target, let end = begun.targetEnd else {
            return framing.blame("the request's target has a character that targets may not have")
        }
        if line.method + strlen(line.method) + 1 != target || end + 1 != line.version {
            framing.blame("the request's first line is not: method, target, version")
        }
    }

    private mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if let start = name.baseAddress, start != next { framing.blame(HeadLayout.misplaced) }
        framing.add(name: name, value: value)
        if let start = value.baseAddress { next = start + value.count + 2 }
    }
}

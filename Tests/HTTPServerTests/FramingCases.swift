import Testing

/// A request that two readers could understand differently.
struct FramingCase: Sendable, CustomTestStringConvertible {
    enum End: Sendable {
        /// Answered so, then closed.
        case status(Int)
        /// Refused by libmicrohttpd itself before anybody is asked, which sends the head of its answer twice.
        case doubled(Int)
        /// Closed without an answer: libmicrohttpd's way with first lines that are none.
        case silent
    }

    let name: String
    let firstLine: String
    /// As it stands in the request, line ends included.
    let fields: String
    let body: String
    let end: End
    /// Whether the fields alone show the fault, so that the pure guard must find it too.
    let isPure: Bool

    var testDescription: String { name }
    var isHTTP11: Bool { !firstLine.hasSuffix("HTTP/1.0") }
    var bytes: [UInt8] { Array("\(firstLine)\r\n\(fields)\r\n\(body)".utf8) }

    private static let post = "POST /echo HTTP/1.1"
    private static let host = "Host: test\r\n"

    static func fields(_ name: String, _ fields: String, body: String = "", end: End = .status(400)) -> FramingCase {
        FramingCase(name: name, firstLine: post, fields: host + fields, body: body, end: end, isPure: true)
    }

    static func layout(_ name: String, _ fields: String, body: String = "") -> FramingCase {
        FramingCase(
            name: name, firstLine: post, fields: host + fields, body: body, end: .status(400), isPure: false)
    }

    static func host(_ name: String, _ fields: String) -> FramingCase {
        FramingCase(
            name: name, firstLine: post, fields: fields + "Content-Length: 0\r\n", body: "", end: .status(400),
            isPure: true)
    }

    static func line(_ line: String, _ end: End = .status(400)) -> FramingCase {
        FramingCase(
            name: "first line: \(line.debugDescription)", firstLine: line, fields: host + "Content-Length: 0\r\n",
            body: "", end: end, isPure: false)
    }

    static func chunks(_ name: String, _ body: String, status: Int = 400) -> FramingCase {
        FramingCase(
            name: name, firstLine: post, fields: host + "Transfer-Encoding: chunked\r\n", body: body,
            end: .status(status), isPure: false)
    }

    static let all = lengths + encodings + names + values + hosts + layouts + firstLines + chunked

    private static let lengths = [
        fields("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n", body: "abcde"),
        fields("the same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n", body: "abcde"),
        fields("a list of lengths", "Content-Length: 5, 5\r\n", body: "abcde", end: .doubled(400)),
        fields("a length with a plus", "Content-Length: +5\r\n", body: "abcde", end: .doubled(400)),
        fields("a negative length", "Content-Length: -5\r\n", body: "abcde", end: .doubled(400)),
        fields("a hexadecimal length", "Content-Length: 0x5\r\n", body: "abcde", end: .doubled(400)),
        fields("two numbers", "Content-Length: 5 5\r\n", body: "abcde", end: .doubled(400)),
        fields("an empty length", "Content-Length: \r\n", end: .doubled(400)),
        fields("a length with letters", "Content-Length: 5a\r\n", body: "abcde", end: .doubled(400)),
        fields("a length with parameters", "Content-Length: 5;x=1\r\n", body: "abcde", end: .doubled(400)),
        fields("a length with a point", "Content-Length: 5.0\r\n", body: "abcde", end: .doubled(400)),
        fields("a length with an underscore", "Content-Length: 1_0\r\n", body: "abcdeabcde", end: .doubled(400)),
        fields("a length in another script", "Content-Length: \u{0665}\r\n", body: "abcde", end: .doubled(400)),
        fields("a length in quotes", "Content-Length: \"5\"\r\n", body: "abcde", end: .doubled(400)),
        fields("a length of nineteen digits", "Content-Length: 9223372036854775808\r\n"),
        fields("a length over 64 bits", "Content-Length: 18446744073709551621\r\n", body: "abcde", end: .doubled(413)),
        fields("a length that wraps to five", "Content-Length: 4294967301\r\nContent-Length: 5\r\n", body: "abcde"),
    ]

    private static let encodings = [
        fields("length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n"),
        fields("chunked and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", body: "0\r\n\r\n"),
        fields("chunked and length zero", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", body: "0\r\n\r\n"),
        fields("chunked twice in one field", "Transfer-Encoding: chunked, chunked\r\n", body: "0\r\n\r\n"),
        fields(
            "chunked in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            body: "0\r\n\r\n"),
        fields(
            "chunked, then identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            body: "0\r\n\r\n"),
        fields("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", body: "0\r\n\r\n"),
        fields("identity", "Transfer-Encoding: identity\r\n"),
        fields("xchunked", "Transfer-Encoding: xchunked\r\n", body: "0\r\n\r\n"),
        fields("chunked with a parameter", "Transfer-Encoding: chunked;q=1\r\n", body: "0\r\n\r\n"),
        fields("chunked with a comma", "Transfer-Encoding: chunked,\r\n", body: "0\r\n\r\n"),
        fields("chunked in quotes", "Transfer-Encoding: \"chunked\"\r\n", body: "0\r\n\r\n"),
        fields("chunked behind a vertical tab", "Transfer-Encoding: \u{0B}chunked\r\n", body: "0\r\n\r\n"),
        fields("no encoding's name", "Transfer-Encoding: \r\n", body: "0\r\n\r\n"),
        FramingCase(
            name: "chunked in HTTP/1.0", firstLine: "POST /echo HTTP/1.0", fields: "Transfer-Encoding: chunked\r\n",
            body: "0\r\n\r\n", end: .status(400), isPure: true),
    ]

    private static let names = [
        fields("a blank before the colon", "Content-Length : 5\r\n", body: "abcde"),
        fields("a blank before the encoding's colon", "Transfer-Encoding : chunked\r\n", body: "0\r\n\r\n"),
        fields("a tab before the colon", "Content-Length\t: 5\r\n", body: "abcde"),
        fields("no name", ": x\r\nContent-Length: 0\r\n"),
        fields("a bracket in a name", "X(: y\r\nContent-Length: 0\r\n"),
        fields("a blank in a name", "X Y: z\r\nContent-Length: 0\r\n"),
        fields("another script in a name", "X\u{E9}: z\r\nContent-Length: 0\r\n"),
        fields("a control character in a name", "X\u{1}: z\r\nContent-Length: 0\r\n"),
    ]

    private static let values = [
        fields("a control character in a value", "X: a\u{1}b\r\nContent-Length: 0\r\n"),
        fields("DEL in a value", "X: a\u{7F}b\r\nContent-Length: 0\r\n"),
        fields("a bare CR in a value", "X: a\rContent-Length: 5\r\nContent-Length: 0\r\n"),
        fields("a bare CR before the line's end", "X: a\r\r\nContent-Length: 0\r\n"),
        fields("an escape in a value", "X: \u{1B}[2J\r\nContent-Length: 0\r\n"),
    ]

    private static let hosts = [
        host("no Host", ""),
        host("the same Host twice", "Host: a\r\nHost: a\r\n"),
        host("two Hosts", "Host: a\r\nHost: b\r\n"),
        host("an empty Host", "Host: \r\n"),
        host("a Host of two words", "Host: a b\r\n"),
        host("a list of Hosts", "Host: a,b\r\n"),
        host("a Host with a user", "Host: a@b\r\n"),
        host("a Host with a path", "Host: a/b\r\n"),
        host("a Host with a query", "Host: a?b\r\n"),
        host("a Host with a fragment", "Host: a#b\r\n"),
        host("a Host with a backslash", "Host: a\\b\r\n"),
    ]

    private static let layouts = [
        layout("a bare LF behind a field", "X: y\nContent-Length: 0\r\n"),
        layout("a bare LF behind the last field", "Content-Length: 0\n"),
        layout("bare LFs that hide a length", "X: y\nContent-Length: 5\nY: z\r\n", body: "abcde"),
        layout("a field in two lines", "X: y\r\n z\r\nContent-Length: 0\r\n"),
        layout("a field in two lines, with a tab", "X: y\r\n\tz\r\nContent-Length: 0\r\n"),
        layout("an encoding in the next line", "Transfer-Encoding:\r\n chunked\r\n", body: "0\r\n\r\n"),
        layout("a folded last field", "Content-Length: 0\r\n 5\r\n", body: "abcde"),
        layout("a zero byte in a value", "X: a\u{0}b\r\nContent-Length: 0\r\n"),
        layout("a zero byte behind a length", "Content-Length: 0\u{0}5\r\n", body: "abcde"),
        layout("a zero byte in a name", "X\u{0}Y: b\r\nContent-Length: 0\r\n"),
        layout("two zero bytes as a line's end", "X: a\u{0}\u{0}Content-Length: 5\r\nContent-Length: 0\r\n"),
        layout("a line without a colon", "nonsense\r\nContent-Length: 0\r\n"),
        FramingCase(
            name: "a blank before the first field", firstLine: post, fields: " Host: test\r\nContent-Length: 0\r\n",
            body: "", end: .status(400), isPure: false),
        FramingCase(
            name: "a bare LF behind the first line", firstLine: "GET /hello HTTP/1.1\nHost: test", fields: "",
            body: "", end: .status(400), isPure: false),
    ]

    private static let firstLines = [
        line("GET /hello%00 HTTP/1.1"), line("GET /hello?x=%00 HTTP/1.1"), line("GET /hello\u{1} HTTP/1.1"),
        line("GET /hello\u{7F} HTTP/1.1"), line("GET /hello\u{0} HTTP/1.1"), line("GET /hello\t HTTP/1.1"),
        line("GET /hello\r HTTP/1.1"), line("GET  /hello HTTP/1.1"), line("GET\u{0} /hello HTTP/1.1"),
        line("GET /hello there HTTP/1.1"), line("GET /hello  HTTP/1.1"),
        line("GET /hello HTTP/1.1 ", .status(400)), line("GET /hello HTTP/1.1x", .status(400)),
        line("GET /hello http/1.1", .status(400)), line("GET /hello HTTP/2.0", .status(505)),
        line("GET /hello HTTP/0.9", .status(505)), line("GET /hello", .status(400)), line("GET", .silent),
        line("nonsense", .silent),
    ]

    private static let chunked = [
        chunks("a chunk's size with a blank", "5 \r\nabcde\r\n0\r\n\r\n"),
        chunks("a chunk's size with 0x", "0x5\r\nabcde\r\n0\r\n\r\n"),
        chunks("a negative chunk", "-5\r\nabcde\r\n0\r\n\r\n"),
        chunks("a chunk's size with a plus", "+5\r\nabcde\r\n0\r\n\r\n"),
        chunks("no chunk's size", "\r\nabcde\r\n0\r\n\r\n"),
        chunks("no chunk's size, but an extension", ";x=1\r\nabcde\r\n0\r\n\r\n"),
        chunks("a chunk's size of letters", "xyz\r\nabcde\r\n0\r\n\r\n"),
        chunks("a chunk's size over 64 bits", "10000000000000005\r\nabcde\r\n0\r\n\r\n", status: 413),
        chunks("a chunk longer than its size", "3\r\nabcde\r\n0\r\n\r\n"),
        chunks("a chunk shorter than its size", "7\r\nabcde\r\n0\r\n\r\n"),
        chunks("no line end behind a chunk", "5\r\nabcde0\r\n\r\n"),
        chunks("a field behind the last chunk", "5\r\nabcde\r\n0\r\nX: y\r\n\r\n"),
        chunks("a length behind the last chunk", "5\r\nabcde\r\n0\r\nContent-Length: 3\r\n\r\n"),
        chunks("a line without a colon behind the last chunk", "5\r\nabcde\r\n0\r\nnonsense\r\n\r\n"),
    ]
}

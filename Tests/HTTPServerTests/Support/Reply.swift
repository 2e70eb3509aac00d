/// One answer as it came over the wire.
struct Reply {
    var status = 0
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// False: the connection ended before the body did.
    var isWhole = true

    var text: String { String(decoding: body, as: UTF8.self) }
    var closes: Bool { header("Connection")?.lowercased() == "close" }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Reads answers out of bytes that come in pieces.
struct ReplyReader {
    /// More bytes; empty at the connection's end.
    let more: () -> [UInt8]
    private var rest: ArraySlice<UInt8> = []

    init(more: @escaping () -> [UInt8]) { self.more = more }

    /// The next answer; nil where the connection ends before it. `bodiless`: the answer to HEAD.
    mutating func next(bodiless: Bool = false) -> Reply? {
        guard let line = line() else { return nil }
        var reply = Reply()
        reply.status = Int(line.split(separator: " ").dropFirst().first ?? "") ?? -1
        while true {
            guard let field = self.line() else { return nil }
            if field.isEmpty { break }
            let colon = field.firstIndex(of: ":") ?? field.endIndex
            let value = field[colon...].dropFirst().drop { $0 == " " }
            reply.headers.append((String(field[..<colon]), String(value)))
        }
        if !bodiless, reply.status >= 200, reply.status != 204, reply.status != 304 { readBody(&reply) }
        return reply
    }

    /// Everything up to the connection's end.
    mutating func remainder() -> [UInt8] {
        while fill() {}
        defer { rest = [] }
        return Array(rest)
    }

    private mutating func readBody(_ reply: inout Reply) {
        if reply.header("Transfer-Encoding") == "chunked" { return readChunks(&reply) }
        guard let length = reply.header("Content-Length").flatMap({ Int($0) }) else {
            reply.body = remainder()
            return
        }
        reply.isWhole = take(length, into: &reply.body)
    }

    private mutating func readChunks(_ reply: inout Reply) {
        while let line = line() {
            guard let size = Int(line, radix: 16) else { break }
            guard take(size, into: &reply.body), self.line() == "" else { break }
            if size == 0 { return }
        }
        reply.isWhole = false
    }

    private mutating func take(_ count: Int, into body: inout [UInt8]) -> Bool {
        while rest.count < count, fill() {}
        body += rest.prefix(count)
        let isWhole = rest.count >= count
        rest = rest.dropFirst(count)
        return isWhole
    }

    private mutating func line() -> String? {
        var searched = 0
        while true {
            if let end = rest.dropFirst(searched).firstIndex(of: 0x0A) {
                defer { rest = rest[(end + 1)...] }
                let line = rest[..<end]
                return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            searched = rest.count
            guard fill() else { return nil }
        }
    }

    private mutating func fill() -> Bool {
        let bytes = more()
        // Copied: a slice that keeps growing would keep all it has ever held.
        rest = ArraySlice(Array(rest) + bytes)
        return !bytes.isEmpty
    }
}

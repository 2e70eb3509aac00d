import Glibc

/// Reads one request after another from a connection. Bodies by Content-Length only.
struct RequestReader {
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The next whole request; nil when the client has gone.
    mutating func next() -> ScriptedRequest? {
        guard let headEnd = readHead() else { return nil }
        let lines = String(decoding: pending[..<headEnd], as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: true)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        pending.removeFirst(headEnd + 4)
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while pending.count < length {
            guard fill() else { return nil }
        }
        let body = Array(pending.prefix(length))
        pending.removeFirst(length)
        return ScriptedRequest(line: String(lines.first ?? ""), headers: headers, body: body)
    }

    /// Where the empty line begins that ends the head.
    private mutating func readHead() -> Int? {
        while true {
            if pending.count >= 4 {
                for place in 0...(pending.count - 4) where pending[place..<place + 4].elementsEqual([13, 10, 13, 10]) {
                    return place
                }
            }
            guard pending.count < 1 << 20, fill() else { return nil }
        }
    }

    private mutating func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        pending += chunk[..<count]
        return true
    }
}

/// Finds heads on which two readers could disagree where the request ends (RFC 9112, sections 3.2, 5.1, 6.3): what
/// libmicrohttpd would take, and a proxy in front might read otherwise. Pure: fed with the header lines, asked at the end.
struct FramingGuard {
    private var contentLengths = 0
    private var transferEncodings = 0
    private var hosts = 0
    private var fault: String?
    private(set) var bytes = 0

    mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        bytes += name.count + value.count + 4
        if name.isEmpty || !name.allSatisfy(FramingGuard.isTokenCharacter) {
            fault = fault ?? "a header's name has a character that names may not have"
        }
        if value.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
            fault = fault ?? "a header's value has a control character"
        }
        if FramingGuard.equal(name, "content-length") {
            contentLengths += 1
            if value.isEmpty || value.count > 18 || !value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
                fault = fault ?? "Content-Length is not a number"
            }
        } else if FramingGuard.equal(name, "transfer-encoding") {
            transferEncodings += 1
            if !FramingGuard.equal(value, "chunked") { fault = fault ?? "Transfer-Encoding is not chunked" }
        } else if FramingGuard.equal(name, "host") {
            hosts += 1
            if value.isEmpty || value.contains(where: { $0 == 0x20 || $0 == 0x2C || $0 == 0x40 || $0 == 0x2F }) {
                fault = fault ?? "Host is not a host"
            }
        }
    }

    /// Why the framing is ambiguous; nil when it is not.
    func verdict(version: UnsafePointer<CChar>) -> String? {
        let isHTTP11 = version[5] == 0x31 && version[7] == 0x31
        if let fault { return fault }
        if contentLengths > 1 { return "more than one Content-Length" }
        if transferEncodings > 1 { return "more than one Transfer-Encoding" }
        if contentLengths > 0, transferEncodings > 0 { return "both Content-Length and Transfer-Encoding" }
        if transferEncodings > 0, !isHTTP11 { return "Transfer-Encoding in HTTP/1.0" }
        if hosts > 1 { return "more than one Host" }
        if hosts == 0, isHTTP11 { return "no Host" }
        return nil
    }

    var hasBody: Bool { contentLengths > 0 || transferEncodings > 0 }

    /// RFC 9110, 5.6.2.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Without regard to case; `lower` is in lower case.
    static func equal(_ text: UnsafeRawBufferPointer, _ lower: StaticString) -> Bool {
        guard text.count == lower.utf8CodeUnitCount else { return false }
        for place in 0..<text.count {
            let byte = text[place]
            let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if folded != lower.utf8Start[place] { return false }
        }
        return true
    }
}

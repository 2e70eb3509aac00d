/// Finds heads on which two readers could disagree where the request ends (RFC 9112, sections 2.2, 3.2, 5, 6.3): what
/// libmicrohttpd would take, and a proxy in front might read otherwise. Pure: fed with the header lines, asked at the end.
package struct FramingGuard {
    private var contentLengths = 0
    private var transferEncodings = 0
    private var hosts = 0
    private var fault: String?
    /// What Content-Length says; nil where there is none, or no number.
    package private(set) var contentLength: Int?
    /// The client waits for leave to send its body.
    package private(set) var expectsContinue = false

    package init() {}

    package mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        if name.isEmpty || !name.allSatisfy(FramingGuard.isTokenCharacter) {
            blame("a header's name has a character that names may not have")
        }
        if value.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
            blame("a header's value has a control character")
        }
        // Told apart by length first: most headers are none of these.
        switch name.count {
        case 4 where FramingGuard.equal(name, "host"): addHost(value)
        case 6 where FramingGuard.equal(name, "expect"):
            expectsContinue = FramingGuard.equal(value, "100-continue")
        case 14 where FramingGuard.equal(name, "content-length"): addContentLength(value)
        case 17 where FramingGuard.equal(name, "transfer-encoding"):
            transferEncodings += 1
            if !FramingGuard.equal(value, "chunked") { blame("Transfer-Encoding is not chunked") }
        default: break
        }
    }

    package mutating func blame(_ why: String) { if fault == nil { fault = why } }

    private mutating func addHost(_ value: UnsafeRawBufferPointer) {
        hosts += 1
        if value.isEmpty || !value.allSatisfy(FramingGuard.isHostCharacter) { blame("Host is not a host") }
    }

    private mutating func addContentLength(_ value: UnsafeRawBufferPointer) {
        contentLengths += 1
        var number = 0
        for byte in value {
            guard byte >= 0x30, byte <= 0x39, value.count <= 18 else { return blame("Content-Length is not a number") }
            number = number * 10 + Int(byte - 0x30)
        }
        if value.isEmpty { return blame("Content-Length is not a number") }
        contentLength = number
    }

    /// Why the framing is ambiguous; nil when it is not.
    package func verdict(isHTTP11: Bool) -> String? {
        if let fault { return fault }
        if contentLengths > 1 { return "more than one Content-Length" }
        if transferEncodings > 1 { return "more than one Transfer-Encoding" }
        if contentLengths > 0, transferEncodings > 0 { return "both Content-Length and Transfer-Encoding" }
        if transferEncodings > 0, !isHTTP11 { return "Transfer-Encoding in HTTP/1.0" }
        if hosts > 1 { return "more than one Host" }
        if hosts == 0, isHTTP11 { return "no Host" }
        return nil
    }

    package var hasBody: Bool { contentLengths > 0 || transferEncodings > 0 }

    /// RFC 9110, 5.6.2.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// RFC 3986, 3.2.2 and 3.2.3: letters, digits, and the marks of names, addresses and ports.
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3A, 0x41...0x5B, 0x61...0x7A: true
        case 0x21, 0x24...0x2B, 0x2D, 0x2E, 0x3B, 0x3D, 0x5D, 0x5F, 0x7E: true
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

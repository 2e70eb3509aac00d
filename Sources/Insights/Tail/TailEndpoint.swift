import HTTPServer

/// GET /v1/tail: what arrives at the collector of this machine, as server-sent events. The collector checks the parameters and
/// filters; this address adds who may read.
enum TailEndpoint {
    static func route(_ access: AdminAccess, _ relay: TailRelay) -> HTTPRoute {
        HTTPRoute(.get, "/v1/tail", admit: access.admit) { exchange in
            let query = exchange.queryParameters.map { "\(encoded($0.name))=\(encoded($0.value))" }
            let taken = relay.open(exchange, target: "/tail?" + query.joined(separator: "&"))
            if !taken { exchange.answer(AdminError.busy.response) }
        }
    }

    /// RFC 3986, section 2.1.
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
            default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

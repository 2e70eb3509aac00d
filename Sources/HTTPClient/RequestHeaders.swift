import CCurl

/// Owns libcurl's list of request headers.
final class RequestHeaders {
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    init(_ headers: [(String, String)]) throws(HTTPClientError) {
        for (name, value) in headers {
            guard RequestHeaders.isToken(name) else { throw .badRequest("the header name “\(name)” is not a token") }
            guard RequestHeaders.isFieldValue(value) else {
                throw .badRequest("the header \(name) has a control character")
            }
            // libcurl writes an empty header for "Name;" and drops one for "Name:".
            append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // libcurl asks for "100 Continue" before large bodies: a round trip that our servers do not need.
        append("Expect:")
    }

    deinit { curl_slist_free_all(list) }

    private func append(_ line: String) {
        // A null answer is out of memory: as everywhere in Swift, the end.
        list = curl_slist_append(list, line)!
    }

    /// RFC 9110, 5.6.2.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// No control character but the tab: a line end would start a header of somebody else's making.
    private static func isFieldValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }
}

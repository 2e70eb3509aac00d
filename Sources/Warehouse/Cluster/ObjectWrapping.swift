import Events

/// For servers that take no JSON object for a text: each member of a line that is an object becomes a text that holds it.
///
///     {"extra":{"a":"b"},"x":1}   →   {"extra":"{\"a\":\"b\"}","x":1}
enum ObjectWrapping {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Lines of JSON, each as it was but for that. What is no JSON stays as it is, for the server to refuse.
    static func wrap(_ lines: UnsafeRawBufferPointer, into out: ByteBuffer) {
        var depth = 0
        var inText = false
        var copied = 0
        var objectStart = 0
        var place = 0
        while place < lines.count {
            let byte = lines[place]
            if inText {
                if byte == backslash { place += 1 } else if byte == quote { inText = false }
            } else {
                switch byte {
                case quote: inText = true
                case UInt8(ascii: "\n"): depth = 0
                case UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "]"): depth -= 1
                case UInt8(ascii: "{"):
                    if depth == 1 { objectStart = place }
                    depth += 1
                case UInt8(ascii: "}"):
                    depth -= 1
                    if depth == 1 {
                        out.append(UnsafeRawBufferPointer(rebasing: lines[copied..<objectStart]))
                        out.appendJSON(string: UnsafeRawBufferPointer(rebasing: lines[objectStart...place]))
                        copied = place + 1
                    }
                default: break
                }
            }
            place += 1
        }
        out.append(UnsafeRawBufferPointer(rebasing: lines[copied...]))
    }
}

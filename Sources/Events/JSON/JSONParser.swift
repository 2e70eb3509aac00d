import CSimdJSON

/// Why a text is not JSON that Cinelog takes. The message is for the client.
public enum JSONError: Error, Equatable, Sendable {
    /// Not JSON (RFC 8259), or not UTF-8.
    case malformed(String)
    /// Well-formed, but a number that does not fit (beyond 64-bit integers and finite doubles), under the key `field`.
    case numberOutOfRange(field: String)
    case tooDeep(max: Int)
    case tooLarge(max: Int)
}

/// Parses JSON texts whole, with simdjson's DOM parser: everything is validated (UTF-8, numbers, depth, what follows
/// the value), and what was validated is what is read afterwards. Reuses its memory; one thread at a time.
///
/// `@unchecked Sendable`: has one owner at a time.
public final class JSONParser: @unchecked Sendable {
    /// How many bytes must be readable behind a text given to `parse`.
    public static let padding = Int(CINELOG_JSON_PADDING)

    private let handle: OpaquePointer
    private let capacityMax: Int
    private let depthMax: Int

    /// - Parameters:
    ///   - capacityMax: the longest text taken, bytes.
    ///   - depthMax: how many arrays and objects may be nested.
    public init(capacityMax: Int, depthMax: Int) {
        self.capacityMax = capacityMax
        self.depthMax = depthMax
        // simdjson counts the text itself as a level (and an empty array or object as none).
        handle = cinelog_json_parser_create(capacityMax, depthMax + 1)!
    }

    deinit { cinelog_json_parser_destroy(handle) }

    /// The document's root. It, and all that is read from it, is valid until the next call.
    /// `JSONParser.padding` bytes behind `text` must be readable.
    public func parse(_ text: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
        guard text.count <= capacityMax else { throw .tooLarge(max: capacityMax) }
        guard let start = text.baseAddress, text.count > 0 else { throw .malformed("the text is empty") }
        let document = cinelog_json_parse(handle, start.assumingMemoryBound(to: UInt8.self), text.count)
        guard document.error == 0 else { throw error(document.error, text) }
        return JSONValue(tape: document.tape, strings: document.strings, index: 1)
    }

    /// As `parse`, for a text without padding: it is copied.
    public func parse(copying text: UnsafeRawBufferPointer, into scratch: ByteBuffer) throws(JSONError) -> JSONValue {
        scratch.clear()
        scratch.append(text)
        scratch.reserve(JSONParser.padding)
        return try parse(scratch.bytes)
    }

    private func error(_ code: Int32, _ text: UnsafeRawBufferPointer) -> JSONError {
        switch code {
        case cinelog_json_error_depth: return .tooDeep(max: depthMax)
        case cinelog_json_error_capacity: return .tooLarge(max: capacityMax)
        case cinelog_json_error_empty: return .malformed("the text is empty")
        case cinelog_json_error_utf8: return .malformed("the text is not valid UTF-8")
        case cinelog_json_error_string: return .malformed("a string has an invalid escape or a lone surrogate")
        case cinelog_json_error_unescaped:
            return .malformed("a string is not closed, or has a control character that is not escaped")
        case cinelog_json_error_number:
            if let field = NumberScan.outOfRange(text) { return .numberOutOfRange(field: field) }
            return .malformed("a number is not written as JSON wants it")
        default: return .malformed("the text is not well-formed JSON")
        }
    }
}

import CADBC

/// A small answer as text, read from Arrow's C data interface
/// (https://arrow.apache.org/docs/format/CDataInterface.html): columns of UTF-8, binary or UInt8.
struct TextRows: Equatable {
    struct Column: Equatable {
        let name: String
        let isNumber: Bool
    }

    private(set) var columns: [Column] = []
    /// nil is NULL.
    private(set) var rows: [[String?]] = []

    /// Reads `stream` to its end. The caller releases it.
    init(reading stream: inout ArrowArrayStream) throws(EngineFailure) {
        var schema = ArrowSchema()
        guard stream.get_schema(&stream, &schema) == 0 else { throw TextRows.failure(&stream) }
        defer { schema.release?(&schema) }
        let formats = try readColumns(schema)
        while true {
            var array = ArrowArray()
            guard stream.get_next(&stream, &array) == 0 else { throw TextRows.failure(&stream) }
            guard array.release != nil else { return }
            defer { array.release(&array) }
            append(array, formats)
        }
    }

    private mutating func readColumns(_ schema: ArrowSchema) throws(EngineFailure) -> [String] {
        var formats: [String] = []
        for index in 0..<Int(schema.n_children) {
            let child = schema.children[index]!.pointee
            let format = String(cString: child.format)
            guard ["u", "z", "U", "Z", "C"].contains(format) else {
                throw EngineFailure(code: 0, message: "column \(String(cString: child.name)) is not text")
            }
            formats.append(format)
            columns.append(Column(name: String(cString: child.name), isNumber: format == "C"))
        }
        return formats
    }

    private mutating func append(_ array: ArrowArray, _ formats: [String]) {
        for row in 0..<Int(array.length) {
            rows.append(
                formats.indices.map {
                    TextRows.value(array.children[$0]!.pointee, formats[$0], row + Int(array.offset))
                })
        }
    }

    private static func value(_ column: ArrowArray, _ format: String, _ row: Int) -> String? {
        let index = row + Int(column.offset)
        if let validity = column.buffers[0],
            validity.load(fromByteOffset: index / 8, as: UInt8.self) >> (index % 8) & 1 == 0
        {
            return nil
        }
        let values = column.buffers[1]!
        if format == "C" { return String(values.load(fromByteOffset: index, as: UInt8.self)) }
        let (start, end): (Int, Int)
        if format == "U" || format == "Z" {
            let offsets = values.assumingMemoryBound(to: Int64.self)
            (start, end) = (Int(offsets[index]), Int(offsets[index + 1]))
        } else {
            let offsets = values.assumingMemoryBound(to: Int32.self)
            (start, end) = (Int(offsets[index]), Int(offsets[index + 1]))
        }
        guard end > start, let text = column.buffers[2] else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: text + start, count: end - start), as: UTF8.self)
    }

    private static func failure(_ stream: inout ArrowArrayStream) -> EngineFailure {
        EngineFailure(text: stream.get_last_error(&stream).map { String(cString: $0) } ?? "the answer broke off")
    }
}

extension TextRows {
    /// A SELECT that answers these rows.
    var asSelect: String {
        let types = columns.map { $0.isNumber ? "UInt8" : "Nullable(String)" }.joined(separator: ", ")
        let names = columns.enumerated().map { "tupleElement(row, \($0 + 1)) AS `\($1.name)`" }.joined(separator: ", ")
        let values = rows.map { "tuple(\(zip(columns, $0).map(TextRows.literal).joined(separator: ", ")))" }
        return "SELECT \(names) FROM (SELECT arrayJoin(CAST([\(values.joined(separator: ", "))], "
            + "'Array(Tuple(\(types)))')) AS row)"
    }

    private static func literal(_ column: Column, _ value: String?) -> String {
        guard let value else { return "NULL" }
        return column.isNumber ? value : "'\(value.sqlEscaped)'"
    }
}

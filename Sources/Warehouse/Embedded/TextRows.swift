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
        try TextRows.forEachBlock(&stream) { append($0, formats) }
    }

    /// Hands on the texts of a stream of one text column, end to end, as many rows at a time as the engine made at once.
    static func texts(reading stream: inout ArrowArrayStream, _ sink: (UnsafeRawBufferPointer) -> Void)
        throws(EngineFailure)
    {
        var schema = ArrowSchema()
        guard stream.get_schema(&stream, &schema) == 0 else { throw failure(&stream) }
        defer { schema.release?(&schema) }
        guard schema.n_children == 1, let child = schema.children[0]?.pointee else {
            throw EngineFailure(code: 0, message: "the answer is not one column")
        }
        let format = String(cString: child.format)
        guard texts.contains(format) else { throw EngineFailure(code: 0, message: "the answer's column is not text") }
        try forEachBlock(&stream) { block in
            let column = block.children[0]!.pointee
            let first = Int(block.offset + column.offset)
            let start = offset(column, format, first)
            let end = offset(column, format, first + Int(block.length))
            guard end > start, let text = column.buffers[2] else { return }
            sink(UnsafeRawBufferPointer(start: text + start, count: end - start))
        }
    }

    private static func forEachBlock(_ stream: inout ArrowArrayStream, _ body: (ArrowArray) -> Void)
        throws(EngineFailure)
    {
        while true {
            var array = ArrowArray()
            guard stream.get_next(&stream, &array) == 0 else { throw failure(&stream) }
            guard array.release != nil else { return }
            defer { array.release(&array) }
            body(array)
        }
    }

    /// Arrow's names of UTF-8 and binary, with offsets of 32 and of 64 bits.
    private static let texts = ["u", "z"] + longTexts
    private static let longTexts = ["U", "Z"]

    private mutating func readColumns(_ schema: ArrowSchema) throws(EngineFailure) -> [String] {
        var formats: [String] = []
        for index in 0..<Int(schema.n_children) {
            let child = schema.children[index]!.pointee
            let format = String(cString: child.format)
            guard (TextRows.texts + ["C"]).contains(format) else {
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
        if format == "C" { return String(column.buffers[1]!.load(fromByteOffset: index, as: UInt8.self)) }
        let (start, end) = (offset(column, format, index), offset(column, format, index + 1))
        guard end > start, let text = column.buffers[2] else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: text + start, count: end - start), as: UTF8.self)
    }

    /// Where a row's text begins.
    private static func offset(_ column: ArrowArray, _ format: String, _ row: Int) -> Int {
        let offsets = column.buffers[1]!
        return longTexts.contains(format)
            ? Int(offsets.load(fromByteOffset: row * 8, as: Int64.self))
            : Int(offsets.load(fromByteOffset: row * 4, as: Int32.self))
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

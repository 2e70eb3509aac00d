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
        let fields = try TextRows.fields(&stream)
        let formats = fields.map(\.format)
        columns = fields.map { Column(name: $0.name, isNumber: $0.format == "C") }
        try TextRows.forEachBlock(&stream) { append($0, formats) }
    }

    /// Hands on the texts of a stream of one text column, end to end, as many rows at a time as the engine made at once.
    static func texts(reading stream: inout ArrowArrayStream, _ sink: (UnsafeRawBufferPointer) -> Void)
        throws(EngineFailure)
    {
        let fields = try fields(&stream)
        guard fields.count == 1, let format = fields.first?.format, texts.contains(format) else {
            throw EngineFailure(code: 0, message: "the answer is not one column of text")
        }
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

    /// The columns' names, and their types by Arrow's names.
    private static func fields(_ stream: inout ArrowArrayStream) throws(EngineFailure) -> [(
        name: String, format: String
    )] {
        var schema = ArrowSchema()
        guard stream.get_schema(&stream, &schema) == 0 else { throw failure(&stream) }
        defer { schema.release?(&schema) }
        var fields: [(name: String, format: String)] = []
        for index in 0..<Int(schema.n_children) {
            let child = schema.children[index]!.pointee
            let (name, format) = (String(cString: child.name), String(cString: child.format))
            guard (texts + ["C"]).contains(format) else {
                throw EngineFailure(code: 0, message: "column \(name) is not text")
            }
            fields.append((name, format))
        }
        return fields
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

import Events
import Warehouse

/// A partition of one log's topic: within it positions order the quarantine's rows.
struct QuarantineStream: Equatable {
    let topic: String
    let log: UUID
    let partition: Int64

    var condition: String {
        "topic = '\(topic.sqlEscaped)' AND log = toUUID('\(log)') AND partition = \(partition)"
    }

    /// Of an insert for exactly these rows: their ends, how many, and a digest (FNV-1a) of which.
    func token(_ target: String, _ positions: [Int64]) -> String {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for position in positions {
            digest = (digest ^ UInt64(bitPattern: position)) &* 0x100_0000_01B3
        }
        return "replay-\(target)-\(topic)-\(log)-\(partition)-"
            + "\(positions.first ?? 0)-\(positions.last ?? 0)-\(positions.count)-\(String(digest, radix: 16))"
    }
}

/// Some rows of one stream, in order.
struct QuarantinePage {
    let rows: [QuarantineRow]
    /// The last one's position.
    var last: Int64 { rows.last?.position ?? .max }
}

/// Reads the quarantine's rows that are not replayed yet, in pages of bounded size.
final class QuarantinePages {
    private let warehouse: any Warehouse
    private let options: ReplayOptions
    private let buffer = ByteBuffer()

    init(_ warehouse: any Warehouse, _ options: ReplayOptions) {
        self.warehouse = warehouse
        self.options = options
    }

    /// By the time of arrival, never by `quarantined_at`: a row's older version must not be found for want of the newer.
    private var filter: String {
        var text = "toUnixTimestamp(replayed_at) = 0"
        if let since = options.since {
            let time = ByteBuffer()
            time.appendClickHouse(since)
            text += " AND received_at >= '\(time.string)'"
        }
        if let kind = options.kind { text += " AND kind = '\(kind.type)'" }
        return text
    }

    /// Few: topics, times the logs that there have been.
    func streams() throws(WarehouseError) -> [QuarantineStream] {
        let answer = try warehouse.text(
            "SELECT DISTINCT topic, toString(log) AS log_id, partition FROM quarantine WHERE \(filter) "
                + "ORDER BY topic, log_id, partition")
        return answer.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count == 3, let log = UUID(String(parts[1])), let partition = Int64(parts[2]) else {
                return nil
            }
            return QuarantineStream(topic: String(parts[0]), log: log, partition: partition)
        }
    }

    /// The next rows behind a position; nil where there are none.
    func page(_ stream: QuarantineStream, after position: Int64) throws(WarehouseError) -> QuarantinePage? {
        let condition = "\(stream.condition) AND position > \(position) AND \(filter)"
        // First where the page ends, from the small columns alone: a LIMIT over the payloads would read them all.
        let last =
            "SELECT max(position) FROM (SELECT position FROM quarantine WHERE \(condition) "
            + "ORDER BY position LIMIT \(options.pageRowsMax)) HAVING count() > 0"
        guard let end = try warehouse.number(last) else { return nil }
        buffer.clear()
        let select =
            "SELECT \(QuarantineRow.columns) FROM quarantine "
            + "WHERE \(condition) AND position <= \(end) ORDER BY position"
        try warehouse.query(select, format: "RowBinary") { bytes in
            // What is over is asked for again by the next page.
            if buffer.count < options.pageBytesMax { buffer.append(bytes) }
        }
        var reader = RowBinaryReader(buffer.bytes)
        var rows: [QuarantineRow] = []
        while let row = QuarantineRow(&reader) { rows.append(row) }
        guard rows.isEmpty else { return QuarantinePage(rows: rows) }
        return try pageOfOne(condition)
    }

    /// A row that is longer than a page.
    private func pageOfOne(_ condition: String) throws(WarehouseError) -> QuarantinePage? {
        buffer.clear()
        let select = "SELECT \(QuarantineRow.columns) FROM quarantine WHERE \(condition) ORDER BY position LIMIT 1"
        try warehouse.query(select, format: "RowBinary") { buffer.append($0) }
        var reader = RowBinaryReader(buffer.bytes)
        return QuarantineRow(&reader).map { QuarantinePage(rows: [$0]) }
    }
}

/// Texts in ClickHouse's RowBinary form: each a length (LEB128) and its bytes, whatever they are.
struct RowBinaryReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// Nil at the end, and where the text is not there as a whole.
    mutating func text() -> UnsafeRawBufferPointer? {
        var length = 0
        var shift = 0
        for (place, byte) in rest.enumerated() {
            length |= Int(byte & 0x7F) << shift
            shift += 7
            guard byte & 0x80 != 0 else { return take(place + 1, length) }
            guard shift < 56 else { return nil }
        }
        return nil
    }

    private mutating func take(_ start: Int, _ length: Int) -> UnsafeRawBufferPointer? {
        guard rest.count - start >= length else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[(start + length)...]) }
        return UnsafeRawBufferPointer(rebasing: rest[start..<start + length])
    }
}

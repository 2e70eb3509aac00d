import Events
import Platform
import Warehouse

/// Copies every table's rows as its view shows them (each once), month by month, in the order of the table's key: the same rows
/// make the same chunks in the same order each time, so that a chunk that is there already is dropped by its token.
struct WarehouseCopy {
    private static let triesMax = 60
    private static let pauseMilliseconds = 1_000

    private let source: any Warehouse
    private let target: any Warehouse
    private let told: (String) -> Void

    init(from source: any Warehouse, to target: any Warehouse, told: @escaping (String) -> Void) {
        (self.source, self.target, self.told) = (source, target, told)
    }

    /// The ledger last: what it tells of is there by then.
    private static let order: [InsertTarget] =
        EventKind.allCases.map(InsertTarget.events) + [.quarantine, .erasures, .deliveries]

    func run() throws(WarehouseError) {
        for content in WarehouseCopy.order { try copy(content) }
    }

    private func copy(_ content: InsertTarget) throws(WarehouseError) {
        let table = content.table
        let name = table.viewNames[0]
        let month = "toYYYYMM(\(table.versionColumn))"
        let months = try source.text("SELECT \(month) AS month, count() FROM \(name) GROUP BY month ORDER BY month")
        for line in months.split(separator: "\n") {
            let words = line.split(separator: "\t")
            try copy(content, table, "\(month) = \(words[0])", label: "\(name) \(words[0])")
            told("\(name) \(words[0]): \(words[1]) rows")
        }
    }

    private func copy(_ content: InsertTarget, _ table: Table, _ condition: String, label: String)
        throws(WarehouseError)
    {
        let columns = table.columns.map(\.name).joined(separator: ", ")
        let sql = """
            SELECT \(columns) FROM \(table.viewNames[0]) WHERE \(condition) ORDER BY \(source.dialect.copyOrder(table))
            SETTINGS max_bytes_before_external_sort = 268435456
            """
        var failure: WarehouseError?
        let chunks = LineChunks { lines, number in
            guard failure == nil else { return }
            do throws(WarehouseError) {
                try insert(lines, content, token: "copy \(label) \(number) \(lines.digest)")
            } catch {
                failure = error
            }
        }
        try source.query(sql, format: content.format) { chunks.take($0) }
        chunks.finish()
        if let failure { throw failure }
    }

    /// A node that is away is waited for.
    private func insert(_ lines: UnsafeRawBufferPointer, _ content: InsertTarget, token: String)
        throws(WarehouseError)
    {
        for _ in 1..<WarehouseCopy.triesMax {
            do throws(WarehouseError) { return try target.insertMissing(lines, into: content, token: token) } catch {
                guard case .unavailable = error else { throw error }
                Pause.milliseconds(WarehouseCopy.pauseMilliseconds)
            }
        }
        try target.insertMissing(lines, into: content, token: token)
    }
}

/// Cuts a stream of lines behind the first line that ends beyond so many bytes: however the stream comes, the cuts are the same.
final class LineChunks {
    private let bytesMin: Int
    private let flush: (UnsafeRawBufferPointer, Int) -> Void
    private let pending = ByteBuffer()
    private var number = 0

    init(bytesMin: Int = 8 << 20, _ flush: @escaping (UnsafeRawBufferPointer, Int) -> Void) {
        (self.bytesMin, self.flush) = (bytesMin, flush)
    }

    func take(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = max(0, bytesMin - pending.count)
            guard room < rest.count, let end = rest.dropFirst(room).firstIndex(of: UInt8(ascii: "\n")) else {
                return pending.append(UnsafeRawBufferPointer(rebasing: rest))
            }
            pending.append(UnsafeRawBufferPointer(rebasing: rest[...end]))
            rest = rest[(end + 1)...]
            finish()
        }
    }

    /// The last chunk is as long as it is.
    func finish() {
        guard pending.count > 0 else { return }
        flush(pending.bytes, number)
        pending.clear()
        number += 1
    }
}

extension UnsafeRawBufferPointer {
    /// FNV-1a: tells chunks of two machines apart that have one place.
    fileprivate var digest: UInt64 { reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
}

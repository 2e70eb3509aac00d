import Events
import Warehouse

/// Erases a person from the tables. Each step may be repeated; what it cannot find any more is erased already.
struct TableEraser {
    /// Rows of the quarantine in one statement: about 100 KB of text.
    private static let positionsMax = 1_000

    private let warehouse: any Warehouse
    private let person: Person
    private let mark: PersonMark
    private var dialect: Dialect { warehouse.dialect }

    init(_ person: Person, _ warehouse: any Warehouse) throws(ForgettingError) {
        self.person = person
        self.warehouse = warehouse
        // No hand-written number will do: whoever reads the disk later must not be able to try persons out.
        let salt = "\(UInt64.random(in: 0 ... .max))-\(UInt64.random(in: 0 ... .max))"
        let question = warehouse.dialect.digest(of: person, salt: salt)
        let digest = try withTables { () throws(WarehouseError) in try warehouse.text(question) }
        mark = PersonMark(person, salt: salt, digest: String(digest.prefix { $0 != "\n" }))
    }

    /// Rows of the person, by table. Tables that are made of others' rows are swept like these, and say nothing more.
    func count() throws(ForgettingError) -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for table in dialect.tables where table.rows == .latest {
            guard let condition = anywhere(table) else { continue }
            counts[dialect.name(table)] = try count(table, condition)
        }
        return counts
    }

    /// Erases them, here and in the ledger.
    func sweep() throws(ForgettingError) {
        try sweepQuarantine()
        for kind in EventKind.allCases { try sweep(kind) }
        for table in dialect.tables where table != .quarantine && !EventTable.all.contains(table) {
            guard let condition = dialect.isOf(mark, table) else { continue }
            if try count(table, condition) > 0 { try run(dialect.delete(from: table, where: condition)) }
        }
    }

    // MARK: Events

    /// The ledger first: who an event's deliveries belong to, only the event's own row knows.
    private func sweep(_ kind: EventKind) throws(ForgettingError) {
        let table = EventTable.of(kind)
        guard let condition = dialect.isOf(mark, table), try count(table, condition) > 0 else { return }
        try run(dialect.forgetDeliveries(of: kind, where: condition))
        try run(dialect.delete(from: table, where: condition))
    }

    // MARK: The quarantine

    private func sweepQuarantine() throws(ForgettingError) {
        guard let condition = anywhere(.quarantine) else { return }
        let question = dialect.quarantinePositions(where: condition, limit: TableEraser.positionsMax)
        var before = ""
        while true {
            let rows = try withTables { () throws(WarehouseError) in try warehouse.text(question, format: "TSVRaw") }
            guard !rows.isEmpty else { return }
            guard rows != before else { throw .refused("rows of the quarantine stay where they are") }
            before = rows
            let positions = rows.split(separator: "\n").map(String.init)
            try run(dialect.forgetDeliveries(at: positions))
            try run(dialect.delete(from: .quarantine, at: positions))
        }
    }

    /// By its columns or by its text.
    private func anywhere(_ table: Table) -> String? {
        let conditions = [dialect.isOf(mark, table), dialect.quotes(person, table)].compactMap { $0 }
        return conditions.isEmpty ? nil : "(" + conditions.joined(separator: " OR ") + ")"
    }

    // MARK: Asking

    private func count(_ table: Table, _ condition: String) throws(ForgettingError) -> Int64 {
        let sql = "SELECT count() FROM \(dialect.allRows(table)) WHERE \(condition)"
        return try withTables { () throws(WarehouseError) in try warehouse.number(sql) } ?? 0
    }

    private func text(_ sql: String) throws(ForgettingError) -> String {
        try withTables { () throws(WarehouseError) in try warehouse.text(sql) }
    }

    private func run(_ sql: String) throws(ForgettingError) {
        try withTables { () throws(WarehouseError) in try warehouse.query(sql, format: "Null") { _ in } }
    }
}

import Platform
import Warehouse

/// Waits until what tables no longer hold has left the disk too: a changed or merged part's predecessor stays there for minutes, with
/// every row that it had.
struct PartRemoval {
    private static let pauseMilliseconds = 200

    private let warehouse: any Warehouse

    init(_ warehouse: any Warehouse) { self.warehouse = warehouse }

    /// Removes it from every table, and puts back what it changed for that.
    func run(waitingAtMost milliseconds: Int) throws(ForgettingError) {
        let dialect = warehouse.dialect
        for table in Table.all { try run(dialect.hurryRemoval(table)) }
        do throws(ForgettingError) {
            try wait(milliseconds)
        } catch {
            ease()
            throw error
        }
        for table in Table.all { try run(dialect.easeRemoval(table)) }
    }

    /// Where even this fails, the next try puts it back.
    private func ease() {
        for table in Table.all { try? run(warehouse.dialect.easeRemoval(table)) }
    }

    private func wait(_ milliseconds: Int) throws(ForgettingError) {
        let deadline = Clock.monotonicMilliseconds() + UInt64(milliseconds)
        while true {
            let waiting = try withTables { () throws(WarehouseError) in try warehouse.text(Dialect.removalsWaiting) }
            if waiting.prefix(while: { $0 != "\n" }) == "0" { return }
            guard Clock.monotonicMilliseconds() < deadline else {
                throw .refused(
                    "erased rows are still on the disk after \(milliseconds / 1000) s: a query may be reading them")
            }
            Pause.milliseconds(PartRemoval.pauseMilliseconds)
        }
    }

    private func run(_ sql: String) throws(ForgettingError) {
        try withTables { () throws(WarehouseError) in try warehouse.query(sql, format: "Null") { _ in } }
    }
}

import Platform
import Warehouse

/// Waits until what tables no longer hold has left the disk too: a changed or merged part's predecessor stays there for minutes, with
/// every row that it had.
struct PartRemoval {
    private static let pauseMilliseconds = 200

    private let warehouse: any Warehouse

    init(_ warehouse: any Warehouse) { self.warehouse = warehouse }

    /// Removes it from every table, and puts back what it changed for that. What is no longer held only from now on may stay: rows
    /// that were deleted before are in none of it.
    func run(waitingAtMost milliseconds: Int) throws(ForgettingError) {
        let dialect = warehouse.dialect
        for statement in dialect.tables.compactMap(dialect.hurryRemoval) { try run(statement) }
        do throws(ForgettingError) {
            try wait(milliseconds)
        } catch {
            ease()
            throw error
        }
        for statement in dialect.tables.compactMap(dialect.easeRemoval) { try run(statement) }
    }

    /// Where even this fails, the next try puts it back.
    private func ease() {
        for statement in warehouse.dialect.tables.compactMap(warehouse.dialect.easeRemoval) { try? run(statement) }
    }

    private func wait(_ milliseconds: Int) throws(ForgettingError) {
        let deadline = Clock.monotonicMilliseconds() + UInt64(milliseconds)
        let begun = try now()
        while try number(warehouse.dialect.removalsWaiting(until: begun)) > 0 {
            guard Clock.monotonicMilliseconds() < deadline else {
                throw .refused(
                    "erased rows are still on the disk after \(milliseconds / 1000) s: a query may be reading them")
            }
            Pause.milliseconds(PartRemoval.pauseMilliseconds)
        }
    }

    private func now() throws(ForgettingError) -> Int64 {
        let now = try withTables { () throws(WarehouseError) in try warehouse.number(Dialect.clock) }
        guard let now else { throw .refused("the tables do not say what time it is") }
        return now
    }

    private func number(_ sql: String) throws(ForgettingError) -> Int64 {
        let number = try withTables { () throws(WarehouseError) in try warehouse.numberEverywhere(sql) }
        guard let number else { throw .refused("the tables do not say what is still on the disk") }
        return number
    }

    private func run(_ sql: String) throws(ForgettingError) {
        try withTables { () throws(WarehouseError) in try warehouse.query(sql, format: "Null") { _ in } }
    }
}

import Events
import Platform
import Warehouse

/// The real warehouse; what is asked of it can be watched, held up and made to fail.
final class WatchedWarehouse: Warehouse {
    private struct State {
        var questions: [String] = []
        var clientQuestions = 0
        var held = false
        var releases = 0
        var failure: WarehouseError?
    }

    private let real: any Warehouse
    private let state = Condition(State())

    init(_ real: any Warehouse) { self.real = real }

    /// The house's own statements so far.
    var questions: [String] { state.withLock { $0.questions } }
    /// How many statements of clients have begun.
    var clientQuestions: Int { state.withLock { $0.clientQuestions } }

    /// From now on statements of clients wait, until the next `release`: even one that wakes only after another `hold`.
    func hold() { state.withLock { $0.held = true } }

    func release() {
        state.withLock {
            $0.held = false
            $0.releases += 1
        }
        state.broadcast()
    }

    /// From now on the house's own statements fail; nil: no more.
    func fail(_ failure: WarehouseError?) { state.withLock { $0.failure = failure } }

    func query(_ sql: String, format: String, _ sink: (UnsafeRawBufferPointer) -> Void) throws(WarehouseError) {
        let failure = state.withLock { state in
            state.questions.append(sql)
            return state.failure
        }
        if let failure { throw failure }
        try real.query(sql, format: format, sink)
    }

    func readOnlyQuery(
        _ sql: String, defaultFormat: String, limits: QueryLimits, onFormat: (String) -> Void,
        _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(WarehouseError) {
        let releases = state.withLock {
            $0.clientQuestions += 1
            return $0.releases
        }
        state.broadcast()
        // At most a minute: a test that forgets to release fails, and does not hang.
        state.wait(atMost: 60_000, until: { !$0.held || $0.releases > releases }, then: { _ in })
        try real.readOnlyQuery(sql, defaultFormat: defaultFormat, limits: limits, onFormat: onFormat, sink)
    }

    // MARK: As the real one

    func migrate() throws(WarehouseError) { try real.migrate() }
    func insert(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String) throws(WarehouseError) {
        try real.insert(lines, into: target, token: token)
    }
    var dialect: Dialect { real.dialect }
    var copies: Copies { real.copies }
    func removeCopies(of kind: EventKind) throws(WarehouseError) { try real.removeCopies(of: kind) }
    var engineMemoryBytes: Int64? { real.engineMemoryBytes }
    func close() {}
}

import Events
import Glibc
import Platform
import Warehouse

/// The real warehouse, with faults on demand in its inserts.
final class FaultyWarehouse: Warehouse {
    enum Fault: Sendable {
        case unavailableBefore
        /// It took effect, and nobody was told.
        case unavailableAfter
        case hang(milliseconds: UInt32)
        case refuse(String)
        /// With an error that nobody has seen before.
        case fail
    }

    /// One try of an insert.
    struct Insert: Sendable {
        /// 0, 1, … over all targets.
        let number: Int
        let target: InsertTarget
        let token: String
        let text: String
        var lines: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }
    }

    typealias Decision = @Sendable (Insert) -> Fault?

    private struct State {
        var inserts: [Insert] = []
        var decide: Decision
    }

    private let real: any Warehouse
    private let state: Condition<State>

    init(_ real: any Warehouse, _ decide: @escaping Decision = { _ in nil }) {
        self.real = real
        state = Condition(State(decide: decide))
    }

    /// Every try so far.
    var inserts: [Insert] { state.withLock { $0.inserts } }

    func decide(_ decide: @escaping Decision) { state.withLock { $0.decide = decide } }

    func insert(_ lines: UnsafeRawBufferPointer, into target: InsertTarget, token: String) throws(WarehouseError) {
        switch fault(String(decoding: lines, as: UTF8.self), target, token) {
        case .unavailableBefore: throw .unavailable("as the test wants it")
        case .refuse(let reason): throw .refusedContent(reason)
        case .fail: throw .failed("as the test wants it, for no known reason")
        case .hang(let milliseconds): usleep(milliseconds * 1000)
        case .unavailableAfter:
            try real.insert(lines, into: target, token: token)
            throw .unavailable("as the test wants it, and done all the same")
        case nil: break
        }
        try real.insert(lines, into: target, token: token)
    }

    private func fault(_ text: String, _ target: InsertTarget, _ token: String) -> Fault? {
        state.withLock { state in
            let insert = Insert(number: state.inserts.count, target: target, token: token, text: text)
            state.inserts.append(insert)
            return state.decide(insert)
        }
    }

    // MARK: As the real one

    func migrate() throws(WarehouseError) { try real.migrate() }

    func query(_ sql: String, format: String, _ sink: (UnsafeRawBufferPointer) -> Void) throws(WarehouseError) {
        try real.query(sql, format: format, sink)
    }

    func readOnlyQuery(
        _ sql: String, defaultFormat: String, limits: QueryLimits, onFormat: (String) -> Void,
        _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(WarehouseError) {
        try real.readOnlyQuery(sql, defaultFormat: defaultFormat, limits: limits, onFormat: onFormat, sink)
    }

    var dialect: Dialect { real.dialect }
    var engineMemoryBytes: Int64? { real.engineMemoryBytes }
    func close() {}
}

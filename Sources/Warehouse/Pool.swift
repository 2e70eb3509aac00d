import Platform

/// A bounded number of connections, made when first needed, lent to one caller at a time.
final class Pool<Resource: AnyObject & Sendable>: Sendable {
    private struct State {
        var idle: [Resource] = []
        var lent = 0
        var closed = false
    }

    private let late: WarehouseError
    private let countMax: Int
    private let make: @Sendable () throws(WarehouseError) -> Resource
    private let state = Condition(State())

    /// `late` is thrown where the wait for a turn was too long.
    init(countMax: Int, late: WarehouseError, make: @escaping @Sendable () throws(WarehouseError) -> Resource) {
        self.late = late
        self.countMax = countMax
        self.make = make
    }

    private enum Turn {
        case use(Resource)
        case makeOne
        case closed
        case late
    }

    /// Lends a connection to `body`, after a wait of at most `milliseconds` for one to be free.
    func withOne<Result>(
        waitingAtMost milliseconds: Int, _ body: (Resource) throws(WarehouseError) -> Result
    ) throws(WarehouseError) -> Result {
        let resource: Resource
        switch turn(milliseconds) {
        case .use(let idle): resource = idle
        case .makeOne:
            do { resource = try make() } catch {
                giveBack(nil)
                throw error
            }
        case .closed: throw .unavailable("The warehouse is closed")
        case .late: throw late
        }
        defer { giveBack(resource) }
        return try body(resource)
    }

    /// Lets no one in any more.
    func shut() {
        state.withLock { $0.closed = true }
        state.broadcast()
    }

    /// Lets no one in any more, waits for those who are, and lets go of every connection.
    func close() {
        shut()
        state.wait(until: { $0.lent == 0 }) { $0.idle = [] }
    }

    private func turn(_ milliseconds: Int) -> Turn {
        let countMax = countMax
        return state.wait(atMost: milliseconds, until: { $0.closed || $0.lent < countMax }) { state in
            if state.closed { return .closed }
            guard state.lent < countMax else { return .late }
            state.lent += 1
            guard let idle = state.idle.popLast() else { return .makeOne }
            return .use(idle)
        }
    }

    private func giveBack(_ resource: Resource?) {
        state.withLock { state in
            state.lent -= 1
            if let resource { state.idle.append(resource) }
        }
        state.broadcast()
    }
}

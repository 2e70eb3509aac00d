public import Events

/// A range of time; nil: without an end.
public struct TimeRange: Sendable, Equatable {
    public var from: Timestamp?
    public var to: Timestamp?

    public init(from: Timestamp? = nil, to: Timestamp? = nil) {
        self.from = from
        self.to = to
    }
}

extension Dialect {
    private static let dayMilliseconds: Int64 = 86_400_000

    /// Rows like those of `watched` for a range of time: of whole days from the table, of what is left at either end
    /// from the events.
    ///
    /// - Parameter condition: of columns that both have.
    public func watchedRows(in range: TimeRange, where condition: String) -> String {
        let day = Dialect.dayMilliseconds
        let first = range.from.map { ($0.unixMilliseconds + day - 1) / day }
        let end = range.to.map { $0.unixMilliseconds / day }
        if let first, let end, first >= end {
            return watchedRows(where: "\(condition) AND \(inside(range))")
        }
        let days = [first.map { "day >= toDate(\($0))" }, end.map { "day < toDate(\($0))" }].compactMap { $0 }
        var parts = [storedWatched(where: ([condition] + days).joined(separator: " AND "))]
        if let from = range.from, let first, from.unixMilliseconds < first * day {
            let edge = TimeRange(from: from, to: Timestamp(unixMilliseconds: first * day))
            parts.append(watchedRows(where: "\(condition) AND \(inside(edge))"))
        }
        if let to = range.to, let end, to.unixMilliseconds > end * day {
            let edge = TimeRange(from: Timestamp(unixMilliseconds: end * day), to: to)
            parts.append(watchedRows(where: "\(condition) AND \(inside(edge))"))
        }
        return parts.joined(separator: "\nUNION ALL\n")
    }

    /// Whether `time` lies within the range.
    public func inside(_ range: TimeRange) -> String {
        let bounds = [range.from.map { "time >= \(literal($0))" }, range.to.map { "time < \(literal($0))" }]
        return bounds.compactMap { $0 }.joined(separator: " AND ")
    }
}

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
        byDays(range) { days in
            storedWatched(where: ([condition] + days).joined(separator: " AND "))
        } edge: {
            watchedRows(where: "\(condition) AND \(inside($0))")
        }
    }

    /// A range of time as whole days and what is left at its ends.
    ///
    /// - Parameters:
    ///   - whole: the statement for the days that the conditions name.
    ///   - edge: the statement for a part of a day.
    func byDays(_ range: TimeRange, whole: ([String]) -> String, edge: (TimeRange) -> String) -> String {
        let day = Dialect.dayMilliseconds
        let first = range.from.map { ($0.unixMilliseconds + day - 1) / day }
        let end = range.to.map { $0.unixMilliseconds / day }
        if let first, let end, first >= end { return edge(range) }
        let days = [first.map { "day >= toDate(\($0))" }, end.map { "day < toDate(\($0))" }].compactMap { $0 }
        var parts = [whole(days)]
        if let from = range.from, let first, from.unixMilliseconds < first * day {
            parts.append(edge(TimeRange(from: from, to: Timestamp(unixMilliseconds: first * day))))
        }
        if let to = range.to, let end, to.unixMilliseconds > end * day {
            parts.append(edge(TimeRange(from: Timestamp(unixMilliseconds: end * day), to: to)))
        }
        return parts.joined(separator: "\nUNION ALL\n")
    }

    /// Whether `time` lies within the range.
    public func inside(_ range: TimeRange) -> String {
        let bounds = [range.from.map { "time >= \(literal($0))" }, range.to.map { "time < \(literal($0))" }]
        return bounds.compactMap { $0 }.joined(separator: " AND ")
    }
}

public import Events

/// The words of questions that servers say differently.
extension Dialect {
    /// RFC 3339, UTC, of a time with milliseconds.
    public func rfc3339(_ time: String) -> String { "concat(replaceOne(toString(\(time)), ' ', 'T'), 'Z')" }

    public func literal(_ time: Timestamp) -> String {
        let text = ByteBuffer(capacity: 32)
        text.appendClickHouse(time)
        return "toDateTime64('\(text.string)', 3, 'UTC')"
    }

    /// How many different viewers rows of events are of. Faster than `viewer`, which makes a text for each row.
    public func viewerCount(hasViewing: Bool) -> String {
        let visit = hasViewing ? "if(session_id != '', session_id, view_id)" : "session_id"
        let nobody = "toUUID('\(UUID.none)')"
        return "uniqExact(user_id, if(user_id != \(nobody), '', if(anonymous_id != '', anonymous_id, \(visit))))"
    }

    /// A number for each viewer, the same in all tables: cheaper to group by than `viewer`. (64 bits: of ten million
    /// viewers two share one with a chance of 3 in a million.)
    public func viewerMark(hasViewing: Bool) -> String {
        let visit = hasViewing ? "if(session_id != '', session_id, view_id)" : "session_id"
        return mark("if(\(isUser), '', if(anonymous_id != '', anonymous_id, \(visit)))")
    }

    /// `viewerMark` of rows for which `isUser` holds.
    public var userMark: String { mark("''") }

    /// Whether the viewer is a user that a token named.
    public var isUser: String { "user_id != toUUID('\(UUID.none)')" }

    private func mark(_ other: String) -> String {
        "sipHash64(\(isOld ? "toString(user_id)" : "user_id"), \(other))"
    }

    /// The middle value, or the mean of the two in the middle, of rows for which `condition` holds.
    public func median(_ value: String, where condition: String) -> String {
        "quantileExactInclusiveIf(0.5)(\(value), \(condition))"
    }

    /// The sum of a column over all rows of an answer, before its LIMIT.
    public func total(_ column: String) -> String { "sum(\(column)) OVER ()" }

    /// Whether a text is like a pattern in which `*` stands for anything.
    public func matches(_ column: String, _ pattern: String) -> String {
        guard pattern.contains("*") else { return "\(column) = '\(pattern.sqlEscaped)'" }
        var like = ""
        for character in pattern {
            switch character {
            case "*": like += "%"
            case "%", "_", "\\": like += "\\\(character)"
            default: like.append(character)
            }
        }
        return "\(column) LIKE '\(like.sqlEscaped)'"
    }

    /// The furthest of steps that viewers took in order within a time: of rows `(at, step)`, each an event and a step that it
    /// is. What happened in one millisecond counts as in order; but one event is only one step.
    public func stepsTaken(_ count: Int, windowMilliseconds: Int64) -> String {
        let steps = (1...count).map { "step = \($0)" }.joined(separator: ", ")
        return "windowFunnel(\(windowMilliseconds * 32 + 31))(at, \(steps))"
    }

    /// For `stepsTaken`: rows `(viewer, at, step)` from rows `(viewer, time, steps)`. Of several steps that one event could
    /// be the later comes first, so that it cannot be both.
    public func stepRows(_ rows: String) -> String {
        """
        SELECT viewer, toUInt64(toUnixTimestamp64Milli(time) * 32 + if(length(steps) > 1, 16 - step, 16 + step)) AS at, step
        FROM (\(rows)) ARRAY JOIN steps AS step
        """
    }

    /// The same from rows `(viewer, time)`, each the one step.
    public func stepRows(_ rows: String, all step: Int) -> String {
        "SELECT viewer, toUInt64(toUnixTimestamp64Milli(time) * 32 + \(16 + step)) AS at, \(step) AS step FROM (\(rows))"
    }
}

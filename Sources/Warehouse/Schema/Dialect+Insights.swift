public import Events

/// The words of questions that servers say differently.
extension Dialect {
    // MARK: Times

    /// RFC 3339, UTC, of a time with milliseconds. (An old server has whole seconds; the text is as long.)
    public func rfc3339(_ time: String) -> String {
        "concat(replaceOne(toString(\(time)), ' ', 'T'), '\(isOld ? ".000Z" : "Z")')"
    }

    /// Where times are whole seconds, the one that the moment is in: events that share it are on one side of it.
    public func literal(_ time: Timestamp) -> String {
        guard !isOld else { return "toDateTime(\(time.unixMilliseconds / 1000), 'UTC')" }
        let text = ByteBuffer(capacity: 32)
        text.appendClickHouse(time)
        return "toDateTime64('\(text.string)', 3, 'UTC')"
    }

    /// Unix milliseconds of a time.
    public func milliseconds(_ time: String) -> String {
        isOld ? "toInt64(toUnixTimestamp(\(time))) * 1000" : "toUnixTimestamp64Milli(\(time))"
    }

    /// The time so many Unix milliseconds are.
    public func moment(milliseconds: String) -> String {
        isOld
            ? "toDateTime(toUInt32(intDiv(\(milliseconds), 1000)), 'UTC')"
            : "fromUnixTimestamp64Milli(toInt64(\(milliseconds)), 'UTC')"
    }

    /// The time so many Unix seconds are.
    public func moment(seconds: String) -> String {
        isOld ? "toDateTime(toUInt32(\(seconds)), 'UTC')" : "toDateTime64(\(seconds), 3, 'UTC')"
    }

    // MARK: Counting

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
        let other = "if(user_id != toUUID('\(UUID.none)'), '', if(anonymous_id != '', anonymous_id, \(visit)))"
        return "sipHash64(\(isOld ? "toString(user_id)" : "user_id"), \(other))"
    }

    /// The middle value, or the mean of the two in the middle, of rows for which `condition` holds; 0 where there is none.
    public func median(_ value: String, where condition: String) -> String {
        guard isOld else { return "ifNotFinite(quantileExactInclusiveIf(0.5)(\(value), \(condition)), 0)" }
        let sorted = "arraySort(groupArrayIf(\(value), \(condition)))"
        let count = "countIf(\(condition))"
        return "((\(sorted)[intDiv(\(count) + 1, 2)] + \(sorted)[intDiv(\(count), 2) + 1]) / 2)"
    }

    /// Rows, each with the `share` of `count` that it has of the sum over them all.
    ///
    /// - Parameter columns: those of the rows, `count` among them. Old servers have no windows: there all rows become one and
    ///   rows again.
    public func shares(of count: String, columns: [String], in rows: String) -> String {
        let names = columns.joined(separator: ", ")
        guard isOld else {
            return "SELECT \(names), round(\(count) / sum(\(count)) OVER (), 4) AS share FROM\n(\n\(rows)\n)"
        }
        let members = columns.enumerated().map { "entry.\($0.offset + 1) AS \($0.element)" }
        return """
            SELECT \(members.joined(separator: ", ")), round(\(count) / total_count, 4) AS share FROM
            (
                SELECT groupArray((\(names))) AS entries, sum(\(count)) AS total_count FROM
                (
            \(rows)
                )
            )
            ARRAY JOIN entries AS entry
            """
    }

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
}

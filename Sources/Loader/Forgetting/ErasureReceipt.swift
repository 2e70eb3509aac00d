public import Events
import Platform

/// What somebody who asked for an erasure gets, and what the table `erasures` keeps of it: when, and how much; never whose.
public struct ErasureReceipt: Sendable, Equatable {
    public let receipt: UUID
    /// Unix milliseconds.
    public let requestedAt: Int64
    /// Nil: it is not complete yet.
    public let completedAt: Int64?
    /// Rows by table.
    public let erased: [String: Int64]
    /// Lines of the log that loading has still to pass.
    public let logLinesWaiting: Int64
    /// What the erasure still waits for, in words; nil where it is complete.
    public let waitsFor: String?
    /// Names of damaged logs that were set aside: they are for people to look at, and may hold more of the person.
    public let setAside: [String]
    /// What is out of this erasure's reach, and what to do about it, in words; nil: nothing.
    public let elsewhere: String?

    public var isComplete: Bool { completedAt != nil }

    /// Members of a JSON object, without braces.
    public var members: String {
        let completed = completedAt.map { "\"\(Logger.timestamp(unixMilliseconds: $0))\"" } ?? "null"
        return "\"receipt\":\"\(receipt)\",\"requested_at\":\"\(Logger.timestamp(unixMilliseconds: requestedAt))\""
            + ",\"completed_at\":\(completed),\"complete\":\(isComplete),\"erased\":\(erased.json)"
            + ",\"log_lines_waiting\":\(logLinesWaiting),\"waits_for\":\(ErasureReceipt.json(waitsFor)),\"set_aside\":\(setAsideJSON)"
            + ",\"elsewhere\":\(ErasureReceipt.json(elsewhere))"
    }

    private static func json(_ words: String?) -> String {
        guard let words else { return "null" }
        let text = ByteBuffer()
        text.appendJSON(string: words)
        return text.string
    }

    /// A row of `erasures`.
    func row(notedAt: Int64) -> ByteBuffer {
        let row = ByteBuffer("{\"receipt\":\"\(receipt)\",\"requested_at\":\"")
        row.appendClickHouse(Timestamp(unixMilliseconds: requestedAt))
        row.append("\",\"noted_at\":\"")
        row.appendClickHouse(Timestamp(unixMilliseconds: notedAt))
        row.append("\",\"complete\":\(isComplete ? 1 : 0),\"log_lines_waiting\":\(logLinesWaiting),\"erased\":")
        row.appendJSON(string: erased.json)
        row.append(",\"set_aside\":")
        row.appendJSON(string: setAsideJSON)
        row.append("}\n")
        return row
    }

    private var setAsideJSON: String {
        let list = ByteBuffer("[")
        for (index, name) in setAside.enumerated() {
            if index > 0 { list.append(",") }
            list.appendJSON(string: name)
        }
        list.append("]")
        return list.string
    }
}

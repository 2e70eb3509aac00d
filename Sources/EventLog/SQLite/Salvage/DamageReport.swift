package import Events
internal import Platform

/// What a damaged log cost, and what was saved of it.
package struct DamageReport: Sendable {
    /// One topic's part.
    package struct Part: Sendable {
        package var topic: Topic
        package var savedEvents: Int64 = 0
        /// Positions that the log held and that are gone, in order.
        package var lost: [Range<Int64>] = []
        /// More may be lost behind this position, and nothing tells how much; nil: nothing is.
        package var unknownBehind: Int64?

        package var lostEvents: Int64 { lost.reduce(0) { $0 + Int64($1.count) } }
    }

    /// What was wrong.
    package let reason: String
    let unixMilliseconds: Int64
    /// Where the damaged file was set aside.
    package let copy: String
    /// Commits in the WAL that SQLite would have forgotten.
    package let commitsBehindDamage: Int
    package let parts: [Part]

    package var savedEvents: Int64 { parts.reduce(0) { $0 + $1.savedEvents } }
    package var lostEvents: Int64 { parts.reduce(0) { $0 + $1.lostEvents } }
    var isComplete: Bool { parts.allSatisfy { $0.unknownBehind == nil } }

    /// More ranges than these are not listed one by one.
    private static let rangesMax = 1000

    static let advice = """
        The copy holds events as they were, personal data included. Nothing reads it any more: look at the disk and the memory \
        of the machine, keep the copy while somebody may want to search it, then delete it with its -wal.
        """

    /// One line for people.
    var summary: String {
        parts.map { part in
            var words = "\(part.topic.name): \(part.savedEvents) saved, \(part.lostEvents) lost"
            if let unknown = part.unknownBehind { words += " and an unknown number behind position \(unknown)" }
            return words
        }.joined(separator: "; ")
    }

    var json: String {
        let topics = parts.map { part in
            let lost = part.lost.prefix(DamageReport.rangesMax).map {
                #"{"first":\#($0.lowerBound),"count":\#($0.count)}"#
            }
            let unknown = part.unknownBehind.map { "\($0)" } ?? "null"
            return
                #"{"topic":"\#(part.topic.name)","saved_events":\#(part.savedEvents),"lost_events":\#(part.lostEvents),"#
                + #""lost_positions":[\#(lost.joined(separator: ","))],"unknown_behind":\#(unknown)}"#
        }
        return
            #"{"time":"\#(Logger.timestamp(unixMilliseconds: unixMilliseconds))","reason":\#(JSONText.quoted(reason)),"#
            + #""copy":\#(JSONText.quoted(copy)),"saved_events":\#(savedEvents),"lost_events":\#(lostEvents),"#
            + #""complete":\#(isComplete),"wal_commits_behind_damage":\#(commitsBehindDamage),"#
            + #""topics":[\#(topics.joined(separator: ","))],"what_to_do":\#(JSONText.quoted(DamageReport.advice))}"#
            + "\n"
    }
}

/// Text within JSON.
enum JSONText {
    static func quoted(_ text: String) -> String {
        let buffer = ByteBuffer()
        buffer.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): buffer.append("\\\(Character(Unicode.Scalar(byte)))" as String)
            case 0..<0x20: buffer.append(" " as String)
            default: buffer.append(byte)
            }
        }
        buffer.append(UInt8(ascii: "\""))
        return buffer.string
    }
}

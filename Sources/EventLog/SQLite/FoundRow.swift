internal import Events

/// A row of a topic's table as it was found, to be looked at before it is believed.
struct FoundRow {
    let head: RowHead
    let checksum: Int64
    /// Valid until the statement moves on.
    let lines: UnsafeRawBufferPointer

    /// `statement` is on a row with `LogSchema.columns`.
    init(_ statement: SQLiteStatement) {
        head = RowHead(
            first: statement.integer(0), count: statement.integer(1), offset: statement.integer(2),
            appendedAt: statement.integer(3))
        checksum = statement.integer(4)
        lines = statement.blob(5)
    }

    /// Where the next row begins, if the numbers can be true.
    var end: Int64? { head.end(bytes: Int64(lines.count)) }

    /// What is wrong with it; nil: it is what was appended.
    func damage(in topic: Topic) -> String? {
        guard Checksum.of(topic, head, lines) == checksum, end != nil else { return "its checksum does not fit" }
        let whole = LineScan.prefix(of: lines, lines: Int(head.count))
        guard whole.lines == Int(head.count), whole.bytes == lines.count else {
            return "it does not hold \(head.count) lines"
        }
        return nil
    }
}

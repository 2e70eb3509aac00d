internal import CXXHash
internal import Events

/// What is stored beside a row, so that a changed bit is noticed: SQLite has no checksums of its own on its pages.
///
/// XXH3, 64 bits (https://github.com/Cyan4973/xxHash/blob/v0.8.1/doc/xxhash_spec.md): of the numbers, in the machine's order,
/// first; and of the bytes, with that as the seed. It finds accidents, not forgery.
package enum Checksum {
    package static func of(_ numbers: (Int64, Int64, Int64, Int64, Int64), _ bytes: UnsafeRawBufferPointer) -> Int64 {
        let seed = withUnsafeBytes(of: numbers) { XXH3_64bits_dispatch($0.baseAddress, $0.count) }
        return Int64(bitPattern: XXH3_64bits_withSeed_dispatch(bytes.baseAddress, bytes.count, seed))
    }

    /// A row of the log. Its topic is in it: a row that turns up somewhere else than in its table is not one of that.
    static func of(_ topic: Topic, _ head: RowHead, _ lines: UnsafeRawBufferPointer) -> Int64 {
        of((Int64(topic.rawValue), head.first, head.count, head.offset, head.appendedAt), lines)
    }

    /// A row of `ends`.
    static func ofEnd(_ topic: Topic, position: Int64, offset: Int64) -> Int64 {
        of((Int64(topic.rawValue), position, offset, 0, 0), UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// The row of `identity`.
    static func ofIdentity(_ text: UnsafeRawBufferPointer) -> Int64 { of((0, 0, 0, 0, 0), text) }
}

/// A row of the log without its lines; see `LogSchema`. The numbers are as they were found: what is not checked yet may be
/// anything.
struct RowHead: Equatable {
    var first: Int64
    var count: Int64
    var offset: Int64
    var appendedAt: Int64

    /// Puts the row into its table by a prepared insertion of `LogSchema.columns`.
    func insert(_ topic: Topic, _ lines: UnsafeRawBufferPointer, by insertion: SQLiteStatement) throws(SQLiteError) {
        insertion.bind(first, at: 1)
        insertion.bind(count, at: 2)
        insertion.bind(offset, at: 3)
        insertion.bind(appendedAt, at: 4)
        insertion.bind(Checksum.of(topic, self, lines), at: 5)
        try insertion.bind(lines, at: 6)
        try insertion.run()
    }

    /// Where the next row begins; nil where the numbers make no sense. `bytes` is how many the lines have: a line has one
    /// at least.
    func end(bytes: Int64) -> Int64? {
        guard first >= 0, count >= 1, count <= bytes else { return nil }
        let (end, overflows) = first.addingReportingOverflow(count)
        return overflows ? nil : end
    }
}

internal import Events

/// How far a read of one topic has come: rows in, whole lines out, up to a limit.
struct ReadProgress {
    private(set) var result: ReadResult
    private(set) var next: Int64
    private(set) var isDone: Bool
    private let last: Int64
    private var eventsLeft: Int
    private var bytesLeft: Int

    init(_ position: Int64, _ limit: ReadLimit) {
        result = ReadResult(first: position, count: 0, oldestAppendedAt: 0)
        next = position
        last = min(limit.last ?? .max, .max - 1)
        eventsLeft = limit.events
        bytesLeft = limit.bytes
        isDone = eventsLeft <= 0 || position > last
    }

    /// Takes what is wanted of a row that is whole and ends behind `next`. False: it does not follow what was taken, or
    /// lies behind the last position asked for.
    mutating func take(_ row: FoundRow, into buffer: ByteBuffer) -> Bool {
        if result.count == 0 {
            next = max(next, row.head.first)
            result.first = next
        }
        guard row.head.first <= next, next <= last else { return false }
        if result.count == 0 { result.oldestAppendedAt = row.head.appendedAt }
        let skipped = LineScan.prefix(of: row.lines, lines: Int(next - row.head.first))
        let rest = UnsafeRawBufferPointer(rebasing: row.lines[skipped.bytes...])
        let restLines = Int(row.head.count) - skipped.lines
        let wanted = Int(min(Int64(min(restLines, eventsLeft)), last - next + 1))
        let taken = fitting(rest, restLines, wanted)
        buffer.append(UnsafeRawBufferPointer(rebasing: rest[..<taken.bytes]))
        result.count += taken.lines
        next += Int64(taken.lines)
        eventsLeft -= taken.lines
        bytesLeft -= taken.bytes
        isDone = taken.lines < restLines || eventsLeft == 0 || bytesLeft <= 0
        return true
    }

    /// Which lines of a row fit. The whole of one is taken without looking for its newlines.
    private func fitting(_ rest: UnsafeRawBufferPointer, _ restLines: Int, _ wanted: Int) -> (lines: Int, bytes: Int) {
        if wanted == restLines, rest.count <= bytesLeft { return (restLines, rest.count) }
        return result.count == 0
            ? LineScan.prefixOrLine(of: rest, lines: wanted, bytesMax: bytesLeft)
            : LineScan.prefix(of: rest, lines: wanted, bytesMax: bytesLeft)
    }
}

internal import Events

/// What is missing of a topic between where its reader stands and its end.
struct LossCount {
    let part: DamageReport.Part
    /// The rows that are worth keeping: those that the reader is not done with.
    let rows: ArraySlice<RowScan.Row>
    /// Where the next row has to begin: beyond all that was ever handed out or seen.
    let end: RowHead

    /// - Parameter reader: where the reader stands; nil: not known.
    init(_ topic: Topic, _ scan: RowScan, _ edge: RightEdge, reader: PositionsFile.Row?) {
        let all = scan.rows[Int(topic.rawValue)]
        let floor = reader?.next ?? all.first?.head.first ?? 0
        rows = all[(all.firstIndex { $0.end > floor } ?? all.count)...]
        var part = DamageReport.Part(topic: topic)
        var next = floor
        for row in rows {
            if row.head.first > next { part.lost.append(next..<row.head.first) }
            part.savedEvents += row.end - max(floor, row.head.first)
            next = row.end
        }
        let savedEnd = all.last?.end ?? 0
        let written = scan.ends[Int(topic.rawValue)]
        var seen = max(next, written?.first ?? 0, reader?.readTo ?? 0)
        switch edge {
        case .row(let first, let count, _) where first &+ count == savedEnd: break
        case .row(let first, let count, let lines) where first == savedEnd && count == lines && count > 0:
            seen = max(seen, first + count)
        case .empty where all.allSatisfy { $0.end <= max(floor, written?.first ?? 0) }: break
        default: part.unknownBehind = seen
        }
        if seen > next { part.lost.append(next..<seen) }
        self.part = part
        let offset = max(all.last.map { $0.head.offset + $0.bytes } ?? 0, written?.offset ?? 0)
        end = RowHead(first: max(seen, savedEnd), count: 0, offset: offset, appendedAt: 0)
    }
}

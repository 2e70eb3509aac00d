internal import Events

/// The last row of a topic's table, as the b-tree leads to it: it tells whether the rows that were found are all there were,
/// or whether some may be lost at the end, where nothing behind tells.
enum RightEdge: Equatable {
    /// The table is there and has no row.
    case empty
    /// The last cell that is there says that its row ends so; it may be damaged.
    case row(first: Int64, count: Int64, lines: Int)
    /// Nothing leads to it.
    case unknown

    private static let depthMax = 24

    init(_ topic: Topic, _ images: PageImages) {
        self =
            RightEdge.withLeaf(topic, images) { page, bytes, isRoot in
                if page.cellCount == 0 { return isRoot ? .empty : .unknown }
                return RightEdge(lastCellOf: page, bytes, images)
            } ?? .unknown
    }

    /// Whether the leaf holds rows that SQLite does not see: the next row would get a position of one of them.
    static func hidesRows(_ topic: Topic, _ images: PageImages) -> Bool {
        withLeaf(topic, images) { page, bytes, _ in
            let areReadable = (0..<page.cellCount).allSatisfy { LeafCell(bytes, at: page.offset(ofCell: $0)) != nil }
            return areReadable && page.wholeCells == nil
        } ?? false
    }

    /// Goes to the table's rightmost leaf; nil: nothing leads there.
    private static func withLeaf<Result>(
        _ topic: Topic, _ images: PageImages, _ body: (TablePage, UnsafeRawBufferPointer, Bool) -> Result
    ) -> Result? {
        withUnsafeTemporaryAllocation(byteCount: LogSchema.pageBytes, alignment: 16) { buffer in
            var number = LogSchema.rootPage(topic)
            for depth in 0..<depthMax {
                let bytes = UnsafeRawBufferPointer(buffer)
                guard images.read(number, images.newest, into: buffer), let page = TablePage(bytes, number: number)
                else {
                    return nil
                }
                if page.isLeaf { return body(page, bytes, depth == 0) }
                number = page.rightmost
            }
            return nil
        }
    }

    private init(lastCellOf page: TablePage, _ bytes: UnsafeRawBufferPointer, _ images: PageImages) {
        guard let cell = LeafCell(bytes, at: page.offset(ofCell: page.cellCount - 1)), cell.values.count == 6,
            case .integer(let count) = cell.values[1], case .bytes(let lines) = cell.values[5]
        else {
            self = .unknown
            return
        }
        let payload = Payload(images)
        let isWhole = payload.assemble(cell, bytes, images.newest)
        let found = isWhole ? UnsafeRawBufferPointer(rebasing: payload.bytes[lines]) : nil
        self = .row(
            first: cell.rowID, count: count, lines: found.map { LineScan.prefix(of: $0, lines: .max).lines } ?? 0)
    }
}

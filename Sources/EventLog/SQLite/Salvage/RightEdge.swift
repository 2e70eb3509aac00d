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
        self = withUnsafeTemporaryAllocation(byteCount: LogSchema.pageBytes, alignment: 16) { buffer in
            var number = LogSchema.rootPage(topic)
            for depth in 0..<RightEdge.depthMax {
                let bytes = UnsafeRawBufferPointer(buffer)
                guard images.read(number, images.newest, into: buffer), let page = TablePage(bytes, number: number)
                else {
                    return .unknown
                }
                guard page.isLeaf else {
                    number = page.rightmost
                    continue
                }
                if page.cellCount == 0 { return depth == 0 ? .empty : .unknown }
                return RightEdge(lastCellOf: page, bytes, images)
            }
            return .unknown
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

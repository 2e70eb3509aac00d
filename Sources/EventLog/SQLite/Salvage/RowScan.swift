internal import Events

/// Finds every row of a log whose checksum proves it, wherever in the log's files it lies, without believing header, schema
/// or b-tree.
///
/// It looks at each version of each page for cells, and at what the cells lead to. A row is never changed after it was
/// appended: so what is proven is what was appended, also where it lies in a page that was given up since (then it was
/// trimmed, and lies below the reader's position).
final class RowScan {
    /// A proven row and where it lies.
    struct Row {
        let head: RowHead
        let bytes: Int64
        let place: Place
        var end: Int64 { head.first + head.count }
    }

    struct Place {
        let page: UInt32
        let version: PageImages.Version
        let offset: Int
        /// Where the rest of it lies.
        let beside: PageImages.Version
    }

    private let images: PageImages
    private let payload: Payload
    private var likelyTopic = Topic.clicks

    /// By topic, in order, none twice.
    private(set) var rows: [[Row]] = Topic.allCases.map { _ in [] }
    /// By topic: what `LogSchema`'s table `ends` says.
    private(set) var ends: [RowHead?] = Topic.allCases.map { _ in nil }
    private(set) var identity: UUID?

    init(_ images: PageImages) {
        self.images = images
        payload = Payload(images)
        images.forEach { number, version, bytes in
            for offset in RowScan.cells(bytes, number: number) {
                look(
                    Place(
                        page: number, version: version, offset: offset, beside: version), bytes)
            }
        }
        for index in rows.indices { rows[index] = RowScan.inOrder(rows[index]) }
    }

    var isEmpty: Bool { rows.allSatisfy(\.isEmpty) && identity == nil }

    // MARK: Looking for cells

    /// Where cells may begin: where the page says; anywhere, where the page itself is damaged.
    private static func cells(_ page: UnsafeRawBufferPointer, number: UInt32) -> [Int] {
        // Overflow pages begin with the number of the next one: 0 up to 128 GiB. Nothing else of ours begins so.
        if page[0] == 0, number > 1 { return [] }
        let anywhere = Array(8..<page.count - 4)
        guard let table = TablePage(page, number: number), table.isLeaf else { return anywhere }
        return table.wholeCells ?? anywhere
    }

    private func look(_ place: Place, _ page: UnsafeRawBufferPointer) {
        guard let cell = LeafCell(page, at: place.offset) else { return }
        switch (cell.values.count, cell.values[cell.values.count - 1]) {
        case (6, .bytes(let lines)): lookAtLines(cell, lines, place, page)
        case (4, .integer(let checksum)): lookAtEnd(cell, checksum)
        case (2, .integer(let checksum)): lookAtIdentity(cell, checksum, place, page)
        default: break
        }
    }

    private func lookAtLines(_ cell: LeafCell, _ lines: Range<Int>, _ place: Place, _ page: UnsafeRawBufferPointer) {
        guard case .integer(let count) = cell.values[1], case .integer(let offset) = cell.values[2],
            case .integer(let appendedAt) = cell.values[3], case .integer(let checksum) = cell.values[4]
        else { return }
        let head = RowHead(first: cell.rowID, count: count, offset: offset, appendedAt: appendedAt)
        guard head.end(bytes: Int64(lines.count)) != nil else { return }
        for beside in cell.overflow == 0 ? [place.version] : images.versions(beside: place.version) {
            guard payload.assemble(cell, page, beside) else { continue }
            let found = UnsafeRawBufferPointer(rebasing: payload.bytes[lines])
            guard let topic = topic(head, found, checksum) else { continue }
            let at = Place(page: place.page, version: place.version, offset: place.offset, beside: beside)
            return rows[Int(topic.rawValue)].append(Row(head: head, bytes: Int64(lines.count), place: at))
        }
    }

    /// The topic that the checksum says.
    private func topic(_ head: RowHead, _ lines: UnsafeRawBufferPointer, _ checksum: Int64) -> Topic? {
        for topic in [likelyTopic] + Topic.allCases where Checksum.of(topic, head, lines) == checksum {
            likelyTopic = topic
            return topic
        }
        return nil
    }

    private func lookAtEnd(_ cell: LeafCell, _ checksum: Int64) {
        guard case .integer(let position) = cell.values[1], case .integer(let offset) = cell.values[2],
            let raw = UInt8(exactly: cell.rowID), let topic = Topic(rawValue: raw),
            Checksum.ofEnd(topic, position: position, offset: offset) == checksum
        else { return }
        let index = Int(raw)
        guard position >= ends[index]?.first ?? 0 else { return }
        ends[index] = RowHead(first: position, count: 0, offset: offset, appendedAt: 0)
    }

    private func lookAtIdentity(
        _ cell: LeafCell, _ checksum: Int64, _ place: Place, _ page: UnsafeRawBufferPointer
    ) {
        guard case .bytes(let text) = cell.values[0], cell.overflow == 0, payload.assemble(cell, page, place.version)
        else { return }
        let found = UnsafeRawBufferPointer(rebasing: payload.bytes[text])
        if Checksum.ofIdentity(found) == checksum { identity = UUID(found) }
    }

    // MARK: Payloads

    /// The row's lines, into `buffer`. False: they are no longer what they were.
    func lines(of row: Row, _ topic: Topic, into buffer: ByteBuffer) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: LogSchema.pageBytes, alignment: 16) { page in
            let bytes = UnsafeRawBufferPointer(page)
            guard images.read(row.place.page, row.place.version, into: page),
                let cell = LeafCell(bytes, at: row.place.offset), case .bytes(let lines) = cell.values.last,
                case .integer(let checksum) = cell.values[4], payload.assemble(cell, bytes, row.place.beside)
            else { return false }
            let found = UnsafeRawBufferPointer(rebasing: payload.bytes[lines])
            guard Checksum.of(topic, row.head, found) == checksum else { return false }
            buffer.clear()
            buffer.append(found)
            return true
        }
    }

    // MARK: Order

    /// By position. Of the same row the newest place is kept; a row that overlaps another is left out.
    private static func inOrder(_ found: [Row]) -> [Row] {
        var rows: [Row] = []
        let sorted = found.enumerated().sorted {
            ($0.element.head.first, $0.offset) < ($1.element.head.first, $1.offset)
        }
        for (_, row) in sorted {
            if let last = rows.last, last.head.first == row.head.first { rows.removeLast() }
            if let last = rows.last, last.end > row.head.first { continue }
            rows.append(row)
        }
        return rows
    }
}

/// A page of a table's b-tree, as far as it can be believed (https://www.sqlite.org/fileformat2.html#b_tree_pages).
struct TablePage {
    private static let leaf: UInt8 = 13
    private static let interior: UInt8 = 5

    private let bytes: UnsafeRawBufferPointer
    /// The first page of a file begins with the file's header.
    private let start: Int
    let isLeaf: Bool

    /// Nil: it is none.
    init?(_ bytes: UnsafeRawBufferPointer, number: UInt32) {
        self.bytes = bytes
        start = number == 1 ? 100 : 0
        guard [TablePage.leaf, TablePage.interior].contains(bytes[start]) else { return nil }
        isLeaf = bytes[start] == TablePage.leaf
        guard start + (isLeaf ? 8 : 12) + 2 * cellCount <= bytes.count else { return nil }
    }

    var cellCount: Int { bytes.bigEndian16(at: start + 3) }

    /// Where the cell begins.
    func offset(ofCell index: Int) -> Int { bytes.bigEndian16(at: start + (isLeaf ? 8 : 12) + 2 * index) }

    /// Where a leaf's cells begin; nil: some make no sense, or there are others that the page does not tell of.
    ///
    /// Cells, free blocks and fragments fill a page to its end, as SQLite's own integrity check demands. A number of cells
    /// that became smaller hides rows from SQLite without an error.
    var wholeCells: [Int]? {
        let offsets = (0..<cellCount).map(offset(ofCell:))
        let sizes = offsets.compactMap { LeafCell(bytes, at: $0)?.bytes }
        guard sizes.count == offsets.count, let free = freeBytes else { return nil }
        // 0 stands for 65,536 there, which no page of ours has.
        let filled = bytes.bigEndian16(at: start + 5) + sizes.reduce(0, +) + free + Int(bytes[start + 7])
        return filled == bytes.count ? offsets : nil
    }

    /// Bytes in the chain of free blocks; nil: it makes no sense.
    private var freeBytes: Int? {
        var total = 0
        var block = bytes.bigEndian16(at: start + 1)
        while block != 0 {
            guard block + 4 <= bytes.count else { return nil }
            let next = bytes.bigEndian16(at: block)
            total += bytes.bigEndian16(at: block + 2)
            // Blocks come in order, so the chain has an end.
            guard next == 0 || next > block else { return nil }
            block = next
        }
        return total
    }

    /// An interior page's child at the right end.
    var rightmost: UInt32 { bytes.bigEndian(at: start + 8) }
}

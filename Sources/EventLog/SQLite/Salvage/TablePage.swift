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

    /// Whether cells of so many bytes are all that the page holds: no other was forgotten. (Where something was deleted from
    /// it, it does not tell.)
    func isFilled(by cellBytes: Int) -> Bool {
        let hasHole = bytes.bigEndian16(at: start + 1) != 0
        let content = bytes.bigEndian16(at: start + 5)
        return !hasHole && content + cellBytes + Int(bytes[start + 7]) == bytes.count
    }

    /// An interior page's child at the right end.
    var rightmost: UInt32 { bytes.bigEndian(at: start + 8) }
}

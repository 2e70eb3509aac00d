/// Knows of one table in which slices of identities events may be stored more than once. Only inserts bring copies, and every insert says its
/// slices before it begins, so what a search found to be free of copies stays so until an insert names it: erasing, merging and
/// dropping rows only take rows away. Nothing of it is kept: a process that starts knows nothing and searches.
package struct CopyWatch {
    /// Rows of doubtful slices that a question may put in order to find the latest of each event. With more, FINAL is cheaper, and
    /// takes no memory.
    static let rowsMax = 200_000
    /// Rows that make a slice heavy: looked at by one question beside others.
    static let heavyRows = 50_000

    /// Where copies may be.
    package private(set) var possible = SliceSet.all
    /// How often slices were added to `possible`.
    package private(set) var changes: UInt64 = 0
    private var underWay: [UInt64: (slices: SliceSet, rows: Int)] = [:]
    private var ticket: UInt64 = 0
    /// Slices that inserts have named since the latest search began, and how many rows they brought.
    private var touched = SliceSet()
    private var touchedRows = 0
    /// Rows that inserts brought to slices that have not been searched since.
    private var doubtfulRows = 0
    private var heavy: Set<UInt32> = []

    package init() {}

    /// What questions are told: where copies may be; everywhere, if that is too much to put in order.
    package var doubtful: SliceSet {
        doubtfulRows > CopyWatch.rowsMax || possible.meets(heavy) ? .all : possible
    }

    /// An insert is about to begin. Answers what `end` is told.
    package mutating func begin(_ slices: SliceSet, rows: Int) -> UInt64 {
        if !possible.isSuperset(of: slices) {
            possible.formUnion(slices)
            changes += 1
        }
        touched.formUnion(slices)
        touchedRows += rows
        doubtfulRows += rows
        ticket += 1
        underWay[ticket] = (slices, rows)
        return ticket
    }

    /// The insert has ended, one way or the other.
    package mutating func end(_ ticket: UInt64) { underWay[ticket] = nil }

    /// The slices to search now. Those that inserts are busy with wait for a quieter time, save where it is all slices.
    package mutating func beginSearch() -> SliceSet {
        var wanted = possible
        if !wanted.isAll { wanted.subtract(touched) }
        touched = SliceSet()
        for insert in underWay.values { touched.formUnion(insert.slices) }
        touchedRows = underWay.values.reduce(0) { $0 + $1.rows }
        return wanted
    }

    /// The search is over: `searched` are free of copies, but for `left` and what inserts have named since.
    ///
    /// - Parameter heavy: those of them that hold `heavyRows` and more.
    package mutating func endSearch(_ searched: SliceSet, left: SliceSet, heavy: [UInt32]) {
        possible.subtract(searched)
        possible.formUnion(left)
        possible.formUnion(touched)
        doubtfulRows = touchedRows
        self.heavy = searched.isAll ? Set(heavy) : self.heavy.union(heavy)
    }
}

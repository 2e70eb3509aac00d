/// Knows of one table in which hours events may be stored more than once. Only inserts bring copies, and every insert says its
/// hours before it begins, so what a search found to be free of copies stays so until an insert names it: erasing, merging and
/// dropping rows only take rows away. Nothing of it is kept: a process that starts knows nothing and searches.
package struct CopyWatch {
    package init() {}

    /// Where copies may be.
    package private(set) var possible = HourSet.all
    /// How often hours were added to `possible`.
    package private(set) var changes: UInt64 = 0
    private var underWay: [UInt64: HourSet] = [:]
    private var ticket: UInt64 = 0
    /// Hours that inserts have named since the latest search began.
    private var touched = HourSet()

    /// An insert is about to begin. Answers what `end` is told.
    package mutating func begin(_ hours: HourSet) -> UInt64 {
        if !possible.isSuperset(of: hours) {
            possible.formUnion(hours)
            changes += 1
        }
        touched.formUnion(hours)
        ticket += 1
        underWay[ticket] = hours
        return ticket
    }

    /// The insert has ended, one way or the other.
    package mutating func end(_ ticket: UInt64) { underWay[ticket] = nil }

    /// The hours to search now. Those that inserts are busy with wait for a quieter time, save where it is all hours.
    package mutating func beginSearch() -> HourSet {
        var wanted = possible
        if !wanted.isAll { wanted.subtract(touched) }
        touched = HourSet()
        for hours in underWay.values { touched.formUnion(hours) }
        return wanted
    }

    /// The search is over: `searched` are free of copies, but for `left` and what inserts have named since.
    package mutating func endSearch(_ searched: HourSet, left: HourSet) {
        possible.subtract(searched)
        possible.formUnion(left)
        possible.formUnion(touched)
    }
}

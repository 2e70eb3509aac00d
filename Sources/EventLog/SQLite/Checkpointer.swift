/// Moves pages from the WAL into the database beside the commits, on a connection of its own, so that no commit waits
/// for it.
///
/// While commits go on, this alone never lets the WAL start over: there is always a newer frame. Therefore the writer's
/// thread moves the last few itself, between two commits, when this has just moved all but those.
///
/// `@unchecked Sendable`: made by whoever opens the log, then used by the upkeep thread alone.
final class Checkpointer: @unchecked Sendable {
    /// So few pages that moving them between two commits hurts nobody.
    private static let fewPages = 512
    private static let passesMax = 8

    private let connection: SQLiteConnection
    private var moved = 0

    init(path: String) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path, access: .create)
        try connection.followWAL()
        try connection.execute("PRAGMA synchronous=FULL")
    }

    /// Moves what it can. True: but for a few pages that is everything.
    func run() throws(SQLiteError) -> Bool {
        for _ in 0..<Checkpointer.passesMax {
            let (frames, moved) = try connection.checkpoint(.passive)
            let movedNow = moved - (moved < self.moved ? 0 : self.moved)
            self.moved = moved
            // What came in meanwhile is about as much as was moved.
            if movedNow <= Checkpointer.fewPages { return frames - moved <= Checkpointer.fewPages }
        }
        return false
    }
}

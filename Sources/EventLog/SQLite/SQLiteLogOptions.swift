/// How a SQLite log is written.
public struct SQLiteLogOptions: Sendable {
    /// `DATA_DIR`: made, for its owner only, where it is missing.
    public var directory: String

    /// `LOG_MAX_BYTES`: used pages and WAL together. Past it appends fail with `.full` until the reader is further on.
    public var bytesMax: Int64 = 16 << 30

    /// What is left free on the disk, so that there is always room to load what the log holds and to trim it.
    /// Appends that would take it fail with `.full`.
    public var freeBytesMin: Int64 = 160 << 20

    /// Lines that may wait in memory for their commit, in bytes. Past it appends fail with `.overloaded`.
    public var queueBytesMax = 32 << 20

    /// Loaded events stay in the log for this long.
    public var retainMilliseconds: Int64 = 0

    /// Called once, on a thread of the log's, when the disk failed and every waiter has been told: nothing is
    /// acknowledged from then on, and the program should end (not by closing the log from within the call). A failed
    /// fsync is not tried again: the kernel may have dropped what was not written
    /// (https://wiki.postgresql.org/wiki/Fsync_Errors).
    public var onFatal: @Sendable (String) -> Void

    /// A log that holds more is not rewritten to erase what was deleted: commits would wait too long.
    package var scrubBytesMax: Int64 = 16 << 20

    /// Say on the log of the program what a damaged log cost. (Tests of hundreds look at the report instead.)
    package var tellsDamage = true

    /// The largest row, save for a single line that is longer. Bounds what a reader holds in memory.
    package var rowBytesMax = 1 << 20

    /// The WAL is started over when it is larger.
    package var walRestartBytes = 64 << 20

    /// The WAL's growth that starts a checkpoint before its time.
    package var walCheckpointBytes = 8 << 20

    /// How often the WAL is checkpointed and the reader's positions are looked at.
    package var upkeepMilliseconds = 1000

    /// The most pages that the database may have (`PRAGMA max_page_count`); nil: as many as the disk holds.
    package var pageCountMax: Int64?

    public init(directory: String, onFatal: @escaping @Sendable (String) -> Void) {
        self.directory = directory
        self.onFatal = onFatal
    }
}

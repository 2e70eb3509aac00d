import Glibc
import Platform

/// How long a small write takes until it is on the disk, measured with a file that has no name and is gone at the end.
struct SyncTimes {
    static let count = 20
    private static let writeBytes = 4096
    /// O_TMPFILE, a macro that Swift does not see.
    private static let tmpfile: Int32 = 0o20_200_000

    /// Milliseconds.
    let median: Double
    let longest: Double

    /// Nil where a file cannot be made, written or synced; `errno` tells why.
    init?(folder: String) {
        let file = SyncTimes.openNameless(folder)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let page = [UInt8](repeating: 0x2E, count: SyncTimes.writeBytes)
        var times: [Double] = []
        for _ in 0..<SyncTimes.count {
            let begun = Clock.monotonicNanoseconds()
            guard write(file, page, page.count) == page.count, fdatasync(file) == 0 else { return nil }
            times.append(Double(Clock.monotonicNanoseconds() - begun) / 1_000_000)
        }
        times.sort()
        (median, longest) = (times[times.count / 2], times[times.count - 1])
    }

    /// Some file systems know only files with names: there it has one for a moment.
    private static func openNameless(_ folder: String) -> Int32 {
        let nameless = open(folder, SyncTimes.tmpfile | O_RDWR | O_CLOEXEC, 0o600)
        guard nameless < 0, errno == EOPNOTSUPP || errno == EISDIR else { return nameless }
        // mkstemp(3) puts a name that is free in place of the Xs.
        var path = Array((folder + "/.cinelog-doctor-XXXXXX").utf8CString)
        let named = mkstemp(&path)
        if named >= 0 { unlink(path) }
        return named
    }
}

import Backup
import EventLog
import Glibc
import Platform

/// Can DATA_DIR be written, has its disk room, and how long does it take to make something durable?
package enum DiskChecks {
    static func run(_ settings: Settings) -> [Check] {
        let path = settings[Declared.dataDirectory]
        let (folder, first) = folder(path)
        guard first.state != .failed else { return [first] }
        let log = LogInspection(directory: settings.kafka == nil ? path : path + "/spool")
        return [first, room(folder, log, settings), kind(folder), sync(folder)].compactMap { $0 }
    }

    /// The folder, or the one above it in which the first start will make it.
    private static func folder(_ path: String) -> (path: String, check: Check) {
        let subject = "DATA_DIR \(path)"
        var there = path
        while !Folder.exists(there), there != ".", there != "/" { there = Folder.above(there) }
        guard access(there, R_OK | W_OK | X_OK) == 0 else {
            let why = String(cString: strerror(errno))
            return (there, .failed(subject, "\(there): \(why)", do: "let uid \(geteuid()) write there, or set another"))
        }
        guard there == path else { return (there, .ok(subject, "not there yet: the first start makes it")) }
        if RestoredFolder(path).isHalfRestored {
            return (there, .failed(subject, "a restore broke off", do: "run cinelog restore again"))
        }
        return (there, owner(path, subject))
    }

    /// What another user's process makes in it, the service cannot write.
    private static func owner(_ path: String, _ subject: String) -> Check {
        var status = stat()
        guard stat(path, &status) == 0, status.st_uid != geteuid() else { return .ok(subject, "can be written") }
        return .warning(
            subject, "belongs to uid \(status.st_uid), and this is uid \(geteuid())",
            do: "run cinelog as one user: sudo -u '#\(status.st_uid)' cinelog doctor")
    }

    // MARK: Room

    private static func room(_ folder: String, _ log: LogInspection, _ settings: Settings) -> Check {
        let free: Int64
        do throws(FileError) { free = try Folder.freeBytes(folder) } catch {
            return .failed("disk", "\(error)", do: "see to the disk of DATA_DIR")
        }
        return judge(
            free: free, log: log.bytes, logMax: Int64(settings[Declared.logBytesMax]),
            kept: SQLiteLogOptions(directory: folder, onFatal: { _ in }).freeBytesMin)
    }

    /// - Parameters:
    ///   - free: bytes free on the disk.
    ///   - log: bytes that the log takes now; `logMax`: may take.
    ///   - kept: bytes that the log leaves free.
    package static func judge(free: Int64, log: Int64, logMax: Int64, kept: Int64) -> Check {
        guard free > kept else {
            return .failed(
                "disk", "\(free.asBytes) free, and \(kept.asBytes) are kept free: events are answered 503",
                do: "make room on the disk of DATA_DIR")
        }
        guard free - kept >= logMax - log else {
            return .warning(
                "disk", "\(free.asBytes) free, less than the log may still grow (LOG_MAX_BYTES is \(logMax.asBytes))",
                do: "make room, or set LOG_MAX_BYTES to \((free - kept + log) >> 20)M at most")
        }
        return .ok("disk", "\(free.asBytes) free; the log takes \(log.asBytes) of \(logMax.asBytes)")
    }

    // MARK: Kind and time

    private static let memory: Set<Substring> = ["tmpfs", "ramfs"]
    private static let network: Set<Substring> = ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph"]

    private static func kind(_ folder: String) -> Check? {
        guard let type = fileSystem(folder) else { return nil }
        if memory.contains(type) {
            return .warning(
                "disk kind", "\(type): events are gone when the machine stops", do: "set DATA_DIR to a disk")
        }
        guard network.contains(type) else { return nil }
        return .warning(
            "disk kind", "\(type): SQLite's log needs memory that both processes share, and locks that hold",
            do: "set DATA_DIR to a local disk")
    }

    /// The type of the file system that a folder lies in, by the device's number
    /// (https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html); nil where the kernel does not say.
    private static func fileSystem(_ folder: String) -> Substring? {
        var status = stat()
        guard stat(folder, &status) == 0, let mounts = try? DotEnv.text("/proc/self/mountinfo") else { return nil }
        let (major, minor) = (status.st_dev >> 8 & 0xFFF, status.st_dev & 0xFF | status.st_dev >> 12 & 0xFFF00)
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[2] == "\(major):\(minor)", let dash = words.firstIndex(of: "-") else {
                continue
            }
            return words.dropFirst(dash + 1).first
        }
        return nil
    }

    private static let slowMilliseconds = 20.0

    private static func sync(_ folder: String) -> Check {
        guard let times = SyncTimes(folder: folder) else {
            return .failed(
                "fsync", "cannot be tried: \(String(cString: strerror(errno)))", do: "see to the disk of DATA_DIR")
        }
        let found = "\(times.median.asTime) ms as a rule, \(times.longest.asTime) ms at most, of \(SyncTimes.count)"
        guard times.median > slowMilliseconds else { return .ok("fsync", found) }
        return .warning("fsync", found, do: "every answer waits for it: put DATA_DIR on a faster disk")
    }
}

extension Double {
    /// Two digits behind the point.
    fileprivate var asTime: String { "\((self * 100).rounded() / 100)" }
}

extension Int64 {
    package var asBytes: String {
        let units: [(name: String, shift: Int64)] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        guard let unit = units.first(where: { self >> $0.shift > 0 }) else { return "\(self) bytes" }
        let tenths = (Double(self) / Double(Int64(1) << unit.shift) * 10).rounded() / 10
        return "\(tenths) \(unit.name)"
    }
}

import Glibc
import TestSupport

/// Files on a mounted fault file system, by plain system calls.
struct Disk {
    let system: FaultFileSystem

    init(_ names: FaultFileSystem.Names = .strict) throws { system = try FaultFileSystem(names) }

    func path(_ name: String) -> String { system.mount + "/" + name }

    /// Zero, or the error.
    @discardableResult
    func write(_ name: String, _ text: String, at offset: Int = 0) -> Int32 {
        let file = open(path(name), O_WRONLY | O_CREAT, 0o600)
        guard file >= 0 else { return errno }
        defer { close(file) }
        return pwrite(file, text, text.utf8.count, off_t(offset)) == text.utf8.count ? 0 : errno
    }

    @discardableResult
    func sync(_ name: String) -> Int32 {
        let file = open(path(name), O_RDONLY)
        guard file >= 0 else { return errno }
        defer { close(file) }
        return fsync(file) == 0 ? 0 : errno
    }

    /// The folder itself.
    func syncNames() { sync(".") }

    func read(_ name: String) -> String? {
        access(path(name), F_OK) == 0 ? Service.text(path(name)) : nil
    }

    /// The power goes and comes back.
    func losePower(seed: Int) throws {
        try system.order("cut")
        try system.order("settle \(seed)")
    }

    /// What `name` holds after each outcome of one loss of power; nil where it is missing.
    func outcomes(_ name: String, seeds: Int = 200) throws -> Set<String?> {
        try system.order("cut")
        var found: Set<String?> = []
        for seed in 0..<seeds {
            try system.order("settle \(seed)")
            found.insert(read(name))
        }
        return found
    }
}

import Glibc
import Platform
import Synchronization

/// One engine a folder: a lock on a file in it, held until the object goes.
final class FolderLock: Sendable {
    /// The folder's absolute path.
    let folder: String
    private let file: Int32

    /// Makes the folder and the parents that it lacks.
    init(_ path: String) throws(WarehouseError) {
        do { try Folder.make(path) } catch { throw .unavailable("\(error)") }
        guard let real = realpath(path, nil) else { throw .unavailable("Cannot find \(path): \(errorText())") }
        folder = String(cString: real)
        free(real)
        file = open(folder + "/cinelog.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .unavailable("Cannot open \(folder)/cinelog.lock: \(errorText())") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw .unavailable("The warehouse in \(folder) is open already, perhaps in another cinelog process")
        }
    }

    deinit { close(file) }
}

/// One engine a process: chDB keeps it in globals.
final class EngineLock: Sendable {
    private static let isTaken = Mutex(false)

    init() throws(WarehouseError) {
        let wasTaken = EngineLock.isTaken.withLock { taken in
            defer { taken = true }
            return taken
        }
        guard !wasTaken else {
            throw .unavailable("A process can have one warehouse at a time: another folder's is open")
        }
    }

    deinit { EngineLock.isTaken.withLock { $0 = false } }
}

/// The text of `errno`.
func errorText() -> String { String(cString: strerror(errno)) }

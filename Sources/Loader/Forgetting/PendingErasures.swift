import Events
import Platform
import Synchronization

/// The erasures that are not complete, each a file in `DATA_DIR/erasures`, named by its receipt. A file goes when its erasure is
/// complete, and with it the last place that names the person.
final class PendingErasures: Sendable {
    static let countMax = 1_000

    private let folder: String
    private let pending: Mutex<[Erasure]>

    init(_ folder: String) throws(ForgettingError) {
        self.folder = folder
        var found: [Erasure] = []
        if Folder.exists(folder) {
            for name in try withFiles({ () throws(FileError) in try FileTree.names(in: folder) }) {
                // Written and not yet in its place: nothing was promised for it.
                guard !name.hasSuffix(".new") else {
                    try withFiles { () throws(FileError) in try FileTree.remove("\(folder)/\(name)") }
                    continue
                }
                found.append(try PendingErasures.read("\(folder)/\(name)"))
            }
        }
        pending = Mutex(found)
    }

    private static func read(_ path: String) throws(ForgettingError) -> Erasure {
        let text = try withFiles { () throws(FileError) in try SmallFile.read(path) }
        guard let text, let erasure = Erasure(text: text) else {
            throw .refused(
                "\(path) is damaged: somebody asked to be forgotten, and it says no longer who; ask again and remove it"
            )
        }
        return erasure
    }

    var all: [Erasure] { pending.withLock { $0 } }
    var isEmpty: Bool { pending.withLock { $0.isEmpty } }

    /// Keeps an erasure, or its newer state, durably.
    func keep(_ erasure: Erasure) throws(ForgettingError) {
        try withFiles { () throws(FileError) in
            if !Folder.exists(folder) {
                try Folder.make(folder)
                try Folder.sync(Folder.above(folder))
            }
            try SmallFile.write(erasure.text, to: path(erasure))
        }
        pending.withLock { pending in
            pending.removeAll { $0.receipt == erasure.receipt }
            pending.append(erasure)
        }
    }

    func remove(_ erasure: Erasure) throws(ForgettingError) {
        try withFiles { () throws(FileError) in
            try FileTree.remove(path(erasure))
            try Folder.sync(folder)
        }
        pending.withLock { $0.removeAll { $0.receipt == erasure.receipt } }
    }

    private func path(_ erasure: Erasure) -> String { "\(folder)/\(erasure.receipt).json" }
}

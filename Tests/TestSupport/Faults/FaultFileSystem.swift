import Glibc
import Synchronization

/// A file system in memory that loses power, fails and kills on demand (`Tests/FaultFS`), mounted for as long as this lives.
/// Its commands are listed in `Tests/FaultFS/control.c`.
///
/// However the tests end, it is unmounted: it ends with the socket that this holds.
public final class FaultFileSystem: Sendable {
    /// What makes names durable: see `Tests/FaultFS/disk.h`.
    public enum Names: String, Sendable {
        /// Only fsync of their directory: POSIX to the letter.
        case strict
        /// As ext4 does.
        case ext4
    }

    public struct Failure: Error, CustomStringConvertible { public let description: String }

    /// Why it cannot be used on this machine; nil where it can.
    public static let unavailableReason: String? = {
        if access(program, X_OK) != 0 { return "\(program) is missing: build the tests (swift build --build-tests)" }
        if access("/dev/fuse", R_OK | W_OK) != 0 {
            return "/dev/fuse cannot be used here (needs root, or FUSE in the container)"
        }
        return nil
    }()

    /// For `.enabled(if:)`.
    public static var isAvailable: Bool { unavailableReason == nil }

    private static let program = Service.root + "/.build/release/FaultFS"

    /// A folder for whatever belongs to the test and not on the mount.
    public let folder: String
    /// Where it is mounted.
    public let mount: String
    private let process: pid_t
    private let lifeline: Int32
    private let control: Mutex<Int32>

    public init(_ names: Names) throws {
        if let reason = FaultFileSystem.unavailableReason { throw Failure(description: reason) }
        folder = Service.temporaryFolder()
        mount = folder + "/disk"
        mkdir(mount, 0o700)
        let socket = folder + "/control"
        (process, lifeline) = try FaultFileSystem.start([FaultFileSystem.program, mount, socket])
        control = Mutex(try FaultFileSystem.connect(socket))
        try order("names \(names)")
    }

    deinit {
        close(control.withLock { $0 })
        close(lifeline)
        waitpid(process, nil, 0)
        _ = Service.shell("rm -rf --one-file-system '\(folder)'")
    }

    // MARK: Commands

    /// Gives a command; its answer's lines.
    @discardableResult
    public func order(_ command: String) throws -> [String] {
        try control.withLock { control in
            let bytes = Array((command + "\n").utf8)
            guard send(control, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
                throw Failure(description: "the fault file system is gone")
            }
            var lines = try FaultFileSystem.answer(control)
            let last = lines.removeLast()
            guard last == "ok" else { throw Failure(description: "\(command): \(last)") }
            return lines
        }
    }

    /// Operations that changed something, so far.
    public var count: Int { get throws { Int(try order("count").first ?? "") ?? 0 } }

    /// How often an armed fault struck.
    public var fired: Int { get throws { Int(try order("fired").first ?? "") ?? 0 } }

    /// Forgets every fault and arms this one.
    public func arm(_ fault: String) throws {
        try order("clear")
        try order("arm \(fault)")
    }

    private static func answer(_ control: Int32) throws -> [String] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = recv(control, &chunk, chunk.count, 0)
            guard got > 0 else { throw Failure(description: "the fault file system is gone") }
            bytes += chunk[..<got]
            guard bytes.last == 0x0A else { continue }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            if let last = lines.last, last == "ok" || last.hasPrefix("error ") { return lines }
        }
    }

    // MARK: The process

    /// The process, and the end of its standard input that keeps it alive. Nobody else inherits that.
    private static func start(_ words: [String]) throws -> (pid_t, Int32) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failure(description: "no sockets") }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        let arguments = words.map { strdup($0) }
        defer { for text in arguments { free(text) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, words[0], &actions, nil, arguments + [nil], environ)
        guard code == 0 else { throw Failure(description: "\(words[0]): \(String(cString: strerror(code)))") }
        return (pid, ends[1])
    }

    private static func connect(_ path: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        for _ in 0..<500 {
            let code = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if code == 0 { return descriptor }
            usleep(10_000)
        }
        throw Failure(description: "the fault file system does not start: is FUSE allowed here?")
    }
}

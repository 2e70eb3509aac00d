import CADBC
import Glibc
import Platform
import Synchronization

/// The way of an answer out of the engine: it writes into a pipe, in whatever format, while the caller reads.
final class AnswerPipe: Sendable {
    /// Of the kernel's buffer and of one read, bytes.
    private static let chunkBytes = 1 << 18

    private let reading: Int32
    private let writing: Int32
    private let open = Mutex((reading: true, writing: true))

    init() throws(WarehouseError) {
        var ends: [Int32] = [-1, -1]
        guard cinelog_pipe(&ends, Int32(AnswerPipe.chunkBytes)) == 0 else {
            throw .unavailable("No pipe for the answer: \(errorText())")
        }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        closeReading()
        closeWriting()
    }

    /// Where the engine writes.
    var path: String { "/proc/self/fd/\(writing)" }

    /// After this a write fails at once with EPIPE instead of waiting for a reader.
    func closeReading() {
        open.withLock {
            if $0.reading { close(reading) }; $0.reading = false
        }
    }

    /// After this the reader comes to the end.
    func closeWriting() {
        open.withLock {
            if $0.writing { close(writing) }; $0.writing = false
        }
    }

    /// Hands on what arrives until the end, or until `sink` answers false. Answers whether the end was reached.
    func read(_ sink: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: AnswerPipe.chunkBytes, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(reading, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return true }
            guard sink(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else {
                closeReading()
                return false
            }
        }
    }
}

extension EngineConnection {
    /// Runs an INSERT into `pipe` on a thread of its own and hands what it writes to `sink`, on this one.
    /// Answers the rows written; nil when `sink` stopped it: then `cancel` has to end the statement, for the engine goes on
    /// writing into a pipe that nobody reads.
    func stream(
        _ sql: String, through pipe: AnswerPipe, cancel: () -> Void = {}, _ sink: (UnsafeRawBufferPointer) -> Bool
    ) throws(EngineFailure) -> Int64? {
        let outcome = Condition<Result<Int64, EngineFailure>?>(nil)
        let thread = Thread("query") { [self] in
            do throws(EngineFailure) {
                let rows = try run(sql)
                outcome.withLock { $0 = .success(rows) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            pipe.closeWriting()
        }
        let isWhole = pipe.read(sink)
        if !isWhole { cancel() }
        thread.join()
        guard isWhole, let result = outcome.withLock({ $0 }) else { return nil }
        return try result.get()
    }
}

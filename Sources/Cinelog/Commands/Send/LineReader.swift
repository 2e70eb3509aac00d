import Events
import Glibc

/// Reads lines from a descriptor, waiting for input no longer than it is told.
package final class LineReader {
    package enum Answer {
        /// A line without its end, valid until the next call; `JSONParser.padding` bytes behind it are readable.
        case line(UnsafeRawBufferPointer)
        /// A line longer than `lineBytesMax`; it was skipped.
        case tooLong
        /// Nothing came within the time, or a signal did.
        case quiet
        case end
        /// The system's words.
        case failed(String)
    }

    /// A longer line fits in no request.
    package static let lineBytesMax = 900_000
    private static let capacity = lineBytesMax + 131_072

    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + JSONParser.padding)
    /// What was read and not handed out: buffer[start..<end].
    private var start = 0
    private var end = 0
    /// How much of that is known to hold no line's end.
    private var scanned = 0
    private var ended = false
    private var skipping = false

    /// Reads from a descriptor that stays the caller's.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
        ownsDescriptor = false
        buffer.initialize(repeating: 0, count: LineReader.capacity + JSONParser.padding)
    }

    /// Nil, with errno, where the file cannot be opened.
    package init?(path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        ownsDescriptor = true
        guard descriptor >= 0 else { return nil }
        buffer.initialize(repeating: 0, count: LineReader.capacity + JSONParser.padding)
    }

    deinit {
        if ownsDescriptor && descriptor >= 0 { close(descriptor) }
        buffer.deallocate()
    }

    package func next(waitMilliseconds: Int) -> Answer {
        while true {
            if let line = takeLine() { return judged(line) }
            if ended { return takeLast() }
            if end - start > LineReader.lineBytesMax { skip() }
            if let answer = fill(waitMilliseconds) { return answer }
        }
    }

    private func takeLine() -> UnsafeRawBufferPointer? {
        guard let found = memchr(buffer + start + scanned, 0x0A, end - start - scanned) else {
            scanned = end - start
            return nil
        }
        let length = UnsafeRawPointer(found) - UnsafeRawPointer(buffer + start)
        let line = UnsafeRawBufferPointer(start: buffer + start, count: length)
        start += length + 1
        scanned = 0
        return line
    }

    /// What stands behind the last line's end.
    private func takeLast() -> Answer {
        guard end > start || skipping else { return .end }
        let line = UnsafeRawBufferPointer(start: buffer + start, count: end - start)
        start = end
        scanned = 0
        return judged(line)
    }

    private func judged(_ line: UnsafeRawBufferPointer) -> Answer {
        defer { skipping = false }
        return skipping || line.count > LineReader.lineBytesMax ? .tooLong : .line(line)
    }

    private func skip() {
        skipping = true
        start = end
        scanned = 0
    }

    /// Reads more; an answer where there is none.
    private func fill(_ waitMilliseconds: Int) -> Answer? {
        memmove(buffer, buffer + start, end - start)
        end -= start
        start = 0
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, Int32(waitMilliseconds)) > 0 else { return .quiet }
        let count = read(descriptor, buffer + end, LineReader.capacity - end)
        if count < 0 { return errno == EINTR || errno == EAGAIN ? .quiet : .failed(String(cString: strerror(errno))) }
        if count == 0 { ended = true }
        end += count
        return nil
    }
}

import Events
import Glibc

/// Where each line of a batch begins.
package struct LineIndex {
    private let text: UnsafeRawBufferPointer
    private var ends: [Int] = []

    package init(_ text: UnsafeRawBufferPointer) {
        self.text = text
        var at = 0
        while at < text.count, let found = memchr(text.baseAddress! + at, 0x0A, text.count - at) {
            at = UnsafeRawPointer(found) - text.baseAddress! + 1
            ends.append(at)
        }
    }

    /// Bytes that need not be lines, as `count` of them: what is too much belongs to the last, what is missing is empty.
    package init(_ text: UnsafeRawBufferPointer, count: Int) {
        self.init(text)
        if ends.count >= count { ends.removeSubrange(max(0, count - 1)...) }
        while ends.count < count { ends.append(text.count) }
    }

    package var count: Int { ends.count }

    /// A line without its newline.
    package func line(_ place: Int) -> UnsafeRawBufferPointer {
        let line = self[place..<place + 1]
        return line.last == 0x0A ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
    }

    /// The bytes of all lines.
    package var all: UnsafeRawBufferPointer { text }

    /// The bytes of some lines, newlines included.
    package subscript(lines: Range<Int>) -> UnsafeRawBufferPointer {
        let start = lines.lowerBound == 0 ? 0 : ends[lines.lowerBound - 1]
        return UnsafeRawBufferPointer(rebasing: text[start..<ends[lines.upperBound - 1]])
    }
}

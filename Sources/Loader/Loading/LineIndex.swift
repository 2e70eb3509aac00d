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

    package var count: Int { ends.count }

    /// The bytes of all lines.
    package var all: UnsafeRawBufferPointer { text }

    /// The bytes of some lines, newlines included.
    package subscript(lines: Range<Int>) -> UnsafeRawBufferPointer {
        let start = lines.lowerBound == 0 ? 0 : ends[lines.lowerBound - 1]
        return UnsafeRawBufferPointer(rebasing: text[start..<ends[lines.upperBound - 1]])
    }
}

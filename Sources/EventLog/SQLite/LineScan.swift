internal import Glibc

/// Whole lines in raw bytes.
enum LineScan {
    /// The longest run of whole lines at the start of `bytes` that has at most `lines` lines and `bytesMax` bytes.
    static func prefix(of bytes: UnsafeRawBufferPointer, lines: Int, bytesMax: Int = .max) -> (lines: Int, bytes: Int) {
        guard let start = bytes.baseAddress else { return (0, 0) }
        var found = 0
        var end = 0
        while found < lines, end < bytes.count, let newline = memchr(start + end, 0x0A, bytes.count - end) {
            let next = UnsafeRawPointer(newline) - start + 1
            guard next <= bytesMax else { break }
            found += 1
            end = next
        }
        return (found, end)
    }

    /// As `prefix(of:lines:bytesMax:)`, but the first line is taken even where it alone is over `bytesMax`.
    static func prefixOrLine(of bytes: UnsafeRawBufferPointer, lines: Int, bytesMax: Int) -> (lines: Int, bytes: Int) {
        let fitting = prefix(of: bytes, lines: lines, bytesMax: bytesMax)
        return fitting.lines == 0 ? prefix(of: bytes, lines: min(1, lines)) : fitting
    }
}

internal import Glibc

extension LineScan {
    /// Every line, without its newline.
    static func forEachLine(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let start = bytes.baseAddress else { return }
        var place = 0
        while place < bytes.count, let newline = memchr(start + place, 0x0A, bytes.count - place) {
            let end = UnsafeRawPointer(newline) - start
            body(UnsafeRawBufferPointer(rebasing: bytes[place..<end]))
            place = end + 1
        }
    }
}

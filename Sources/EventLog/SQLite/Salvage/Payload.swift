internal import Events

/// The payload of a cell, put together from its page and its overflow pages.
final class Payload {
    private let images: PageImages
    private let buffer = ByteBuffer()

    init(_ images: PageImages) { self.images = images }

    /// Of the cell that was assembled last.
    var bytes: UnsafeRawBufferPointer { buffer.bytes }

    /// False: the chain of its pages breaks off.
    func assemble(_ cell: LeafCell, _ page: UnsafeRawBufferPointer, _ version: PageImages.Version) -> Bool {
        buffer.clear()
        buffer.append(UnsafeRawBufferPointer(rebasing: page[cell.localStart..<cell.localStart + cell.localBytes]))
        return withUnsafeTemporaryAllocation(byteCount: LogSchema.pageBytes, alignment: 16) { overflow in
            var next = cell.overflow
            // Each turn brings bytes, and the payload has an end.
            while buffer.count < cell.payloadBytes {
                guard next > 0, images.read(next, version, into: overflow) else { return false }
                let bytes = UnsafeRawBufferPointer(overflow)
                let wanted = min(cell.payloadBytes - buffer.count, LogSchema.pageBytes - 4)
                buffer.append(UnsafeRawBufferPointer(rebasing: bytes[4..<4 + wanted]))
                next = bytes.bigEndian(at: 0)
            }
            return true
        }
    }
}

import CCurl
import Events

/// Takes an answer as libcurl hands it over, within bounds.
final class ResponseCollector {
    private static let headerBytesMax = 65_536

    private let bodyBytesMax: Int
    private var headerBytes = 0
    private(set) var headers: [(String, String)] = []
    private(set) var body = ByteBuffer()
    private(set) var isTooLarge = false
    private var isSuccess = false

    /// Takes the body of a success as it comes, where it is not to be kept; false ends the transfer.
    private let sink: ((UnsafeRawBufferPointer) -> Bool)?

    init(bodyBytesMax: Int, sink: ((UnsafeRawBufferPointer) -> Bool)? = nil) {
        self.bodyBytesMax = bodyBytesMax
        self.sink = sink
    }

    static let takeHeader: curl_write_callback = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let collector = Unmanaged<ResponseCollector>.fromOpaque(context).takeUnretainedValue()
        return collector.take(header: UnsafeRawBufferPointer(start: bytes, count: size * count))
    }

    static let takeBody: curl_write_callback = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let collector = Unmanaged<ResponseCollector>.fromOpaque(context).takeUnretainedValue()
        return collector.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
    }

    /// Answers how many bytes were taken; libcurl gives up when that is fewer than all.
    private func take(body bytes: UnsafeRawBufferPointer) -> Int {
        if let sink, isSuccess { return sink(bytes) ? bytes.count : 0 }
        guard body.count + bytes.count <= bodyBytesMax else {
            isTooLarge = true
            return 0
        }
        body.append(bytes)
        return bytes.count
    }

    private func take(header bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= ResponseCollector.headerBytesMax else {
            isTooLarge = true
            return 0
        }
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // An interim answer (100 Continue) came before: only the last one counts.
            headers.removeAll()
            isSuccess = line.split(separator: " ").dropFirst().first?.first == "2"
        } else if let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) {
            headers.append((trimmed(line[..<colon]), trimmed(line[line.utf8.index(after: colon)...])))
        }
        return bytes.count
    }

    private func trimmed(_ text: Substring) -> String {
        var text = text.unicodeScalars
        while let first = text.first, first.properties.isWhitespace { text.removeFirst() }
        while let last = text.last, last.properties.isWhitespace { text.removeLast() }
        return String(text)
    }
}

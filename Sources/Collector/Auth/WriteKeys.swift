/// The keys of which a request must carry one, in `X-Write-Key` or `?key=`, where any are set.
public struct WriteKeys: Sendable {
    /// A longer key is refused unread.
    private static let keyBytesMax = 512

    /// Digests rather than keys: all are of one length, so a comparison tells nothing of a key's own.
    private let digests: [SHA256Digest]

    public init(_ keys: [String]) { digests = keys.map { SHA256Digest(Array($0.utf8)) } }

    /// Whether a key is demanded at all.
    public var isEmpty: Bool { digests.isEmpty }

    /// Whether a request with this key (nil: none) may send.
    public func allows(_ key: UnsafeRawBufferPointer?) -> Bool {
        guard !digests.isEmpty else { return true }
        return key.flatMap(number(of:)) != nil
    }

    /// Which of the keys this is, by its place among them; nil for none. Compares with every key in constant time.
    func number(of key: UnsafeRawBufferPointer) -> Int? {
        guard key.count > 0, key.count <= WriteKeys.keyBytesMax else { return nil }
        let digest = SHA256Digest(key)
        var found: Int?
        for (number, known) in digests.enumerated() {
            let equal = known.equals(digest)
            found = equal ? number : found
        }
        return found
    }
}

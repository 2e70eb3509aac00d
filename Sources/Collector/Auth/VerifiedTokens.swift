import Glibc

/// Tokens that were verified, so that a viewer's next request does not pay for the signature again. Bounded: when it is
/// full, it is emptied.
struct VerifiedTokens {
    static let countMax = 4096
    static let bytesMax = 8 << 20

    private struct Entry {
        let token: [UInt8]
        let claims: TokenClaims
    }

    /// By a hash that is seeded anew in each process; the entry holds the token itself to compare with.
    private var entries: [Int: Entry] = [:]
    private var bytes = 0

    var count: Int { entries.count }

    static func hash(_ token: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: token)
        return hasher.finalize()
    }

    func claims(_ token: UnsafeRawBufferPointer, hash: Int) -> TokenClaims? {
        guard let entry = entries[hash], entry.token.count == token.count,
            memcmp(entry.token, token.baseAddress!, token.count) == 0
        else { return nil }
        return entry.claims
    }

    mutating func insert(_ token: UnsafeRawBufferPointer, hash: Int, _ claims: TokenClaims) {
        if entries.count >= VerifiedTokens.countMax || bytes + token.count > VerifiedTokens.bytesMax {
            entries.removeAll(keepingCapacity: true)
            bytes = 0
        }
        remove(hash)
        entries[hash] = Entry(token: Array(token), claims: claims)
        bytes += token.count
    }

    mutating func remove(_ hash: Int) {
        guard let entry = entries.removeValue(forKey: hash) else { return }
        bytes -= entry.token.count
    }
}

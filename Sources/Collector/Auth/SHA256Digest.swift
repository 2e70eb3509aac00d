import CCrypto

/// 32 bytes that stand for any number of them.
struct SHA256Digest: Sendable {
    let bytes: [UInt8]

    init(_ content: [UInt8]) {
        self = content.withUnsafeBytes { SHA256Digest($0) }
    }

    init(_ content: UnsafeRawBufferPointer) {
        bytes = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
            SHA256(content.baseAddress?.assumingMemoryBound(to: UInt8.self), content.count, buffer.baseAddress)
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }

    /// Takes the same time whatever the bytes.
    func equals(_ other: SHA256Digest) -> Bool { CRYPTO_memcmp(bytes, other.bytes, bytes.count) == 0 }
}

import CCrypto

/// Owns libcrypto's form of an ECDSA signature on P-256.
struct ECDSASignature: ~Copyable {
    private static let numberBytes = 32
    /// Two integers of up to 33 bytes and their heads come to 72.
    private static let derBytesMax = 72

    private let handle: OpaquePointer

    /// From `r ‖ s`, 32 bytes each (RFC 7518, section 3.4); nil for any other length, such as that of a DER signature.
    init?(joseForm: UnsafeRawBufferPointer) {
        guard joseForm.count == 2 * ECDSASignature.numberBytes,
            let start = joseForm.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return nil }
        handle = ECDSA_SIG_new()!
        let r = BN_bin2bn(start, Int32(ECDSASignature.numberBytes), nil)
        let s = BN_bin2bn(start + ECDSASignature.numberBytes, Int32(ECDSASignature.numberBytes), nil)
        // The signature owns both numbers from here on.
        ECDSA_SIG_set0(handle, r, s)
    }

    deinit { ECDSA_SIG_free(handle) }

    /// The DER form (RFC 3279, section 2.2.3), which libcrypto verifies.
    func withDER<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: ECDSASignature.derBytesMax) { buffer in
            var end = buffer.baseAddress
            let count = Int(i2d_ECDSA_SIG(handle, &end))
            precondition(count > 0 && count <= ECDSASignature.derBytesMax)
            return body(UnsafeRawBufferPointer(start: buffer.baseAddress, count: count))
        }
    }
}

/// A token's three parts in the compact form `header.payload.signature` (RFC 7515, section 7.1), still encoded.
struct CompactToken {
    let header: UnsafeRawBufferPointer
    let payload: UnsafeRawBufferPointer
    let signature: UnsafeRawBufferPointer
    /// What the signature is over: header, point, payload.
    let signed: UnsafeRawBufferPointer

    /// Nil where there are not exactly three parts, each with something in it.
    init?(_ token: UnsafeRawBufferPointer) {
        let point = UInt8(ascii: ".")
        guard let first = token.firstIndex(of: point), let last = token.lastIndex(of: point), first < last,
            !token[(first + 1)..<last].contains(point)
        else { return nil }
        header = UnsafeRawBufferPointer(rebasing: token[..<first])
        payload = UnsafeRawBufferPointer(rebasing: token[(first + 1)..<last])
        signature = UnsafeRawBufferPointer(rebasing: token[(last + 1)...])
        signed = UnsafeRawBufferPointer(rebasing: token[..<last])
        guard !header.isEmpty, !payload.isEmpty, !signature.isEmpty else { return nil }
    }
}

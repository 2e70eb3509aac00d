import CMicroHTTPD

/// Whose word about a client's address is taken: proxies of one's own, which add the address of whoever connected to them behind what
/// the request's `X-Forwarded-For` says already. Anybody else may write there what he likes.
///
/// So the header is read from its end, and only where the connection itself comes from a proxy: past every address that is a proxy's,
/// to the first that is not. That one is the client; what stands before it is hearsay. Where something that is no address comes
/// first, the last proxy before it is all that is known.
public struct TrustedProxies: Sendable {
    private let blocks: [NetworkBlock]

    public init(_ blocks: [NetworkBlock] = []) { self.blocks = blocks }

    func trusts(_ address: NetworkAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// Who sent the request: the other side of the connection, or whom it speaks for. Nil on a Unix socket. Allocates nothing.
    func client(_ connection: OpaquePointer) -> NetworkAddress? {
        guard let peer = NetworkAddress(cinelog_mhd_client_address(connection)) else { return nil }
        guard trusts(peer) else { return peer }
        var reading = ForwardedFor(self)
        withUnsafeMutablePointer(to: &reading) {
            _ = MHD_get_connection_values_n(
                connection, .HEADER_KIND,
                { context, _, key, keyCount, value, valueCount in
                    guard let key, let value,
                        ForwardedFor.isItsName(UnsafeRawBufferPointer(start: key, count: keyCount))
                    else { return .YES }
                    context!.assumingMemoryBound(to: ForwardedFor.self).pointee.add(
                        UnsafeRawBufferPointer(start: value, count: valueCount))
                    return .YES
                }, $0)
        }
        return reading.client ?? peer
    }
}

/// What the lines of `X-Forwarded-For` say together, told one after the other: they are one list, so a later line counts before an
/// earlier one.
struct ForwardedFor {
    private let proxies: TrustedProxies
    /// Nil: nothing is known beyond the connection itself.
    private(set) var client: NetworkAddress?

    init(_ proxies: TrustedProxies) { self.proxies = proxies }

    static func isItsName(_ name: UnsafeRawBufferPointer) -> Bool { FramingGuard.equal(name, "x-forwarded-for") }

    /// Reads one line from its end, as far as it takes.
    mutating func add(_ line: UnsafeRawBufferPointer) {
        var rest = line
        var nearest: NetworkAddress?
        while true {
            let comma = rest.lastIndex(of: UInt8(ascii: ","))
            let entry = UnsafeRawBufferPointer(rebasing: rest[(comma.map { $0 + 1 } ?? 0)...])
            guard let address = ForwardedFor.address(entry) else { return client = nearest }
            guard proxies.trusts(address) else { return client = address }
            nearest = address
            guard let comma else { break }
            rest = UnsafeRawBufferPointer(rebasing: rest[..<comma])
        }
        // Proxies only: what the lines before say is what the first of these was told.
        if client == nil { client = nearest }
    }

    /// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`; nil for anything else.
    static func address(_ entry: UnsafeRawBufferPointer) -> NetworkAddress? {
        let entry = trimmed(entry)
        guard entry.first == UInt8(ascii: "[") else {
            guard let colon = entry.firstIndex(of: UInt8(ascii: ":")), entry.lastIndex(of: UInt8(ascii: ":")) == colon
            else { return NetworkAddress(entry) }
            guard isPort(entry[(colon + 1)...]) else { return nil }
            return NetworkAddress(UnsafeRawBufferPointer(rebasing: entry[..<colon]))
        }
        guard let end = entry.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let port = entry[(end + 1)...]
        guard port.isEmpty || (port.first == UInt8(ascii: ":") && isPort(port.dropFirst())) else { return nil }
        let address = NetworkAddress(UnsafeRawBufferPointer(rebasing: entry[1..<end]))
        return entry[1..<end].contains(UInt8(ascii: ":")) ? address : nil
    }

    private static func isPort(_ digits: Slice<UnsafeRawBufferPointer>) -> Bool {
        (1...5).contains(digits.count) && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var (start, end) = (0, bytes.count)
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}

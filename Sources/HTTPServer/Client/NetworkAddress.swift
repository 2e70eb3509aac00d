import CMicroHTTPD
import Glibc

/// An IPv4 or IPv6 address, without a port: the 128 bits of IPv6, in which IPv4 has its own place (::ffff:0:0/96, RFC 4291,
/// section 2.5.5.2). An IPv4 client is the same one however the listening socket shows it.
public struct NetworkAddress: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(ipv4: UInt32) { self.init(high: 0, low: NetworkAddress.mapped | UInt64(ipv4)) }

    private static let mapped: UInt64 = 0xFFFF_0000_0000

    public var isIPv4: Bool { high == 0 && low & ~0xFFFF_FFFF == NetworkAddress.mapped }

    /// Who is taken for one client: an IPv4 address, or the /64 that an IPv6 customer has to choose from.
    public var client: NetworkAddress { isIPv4 ? self : NetworkAddress(high: high, low: 0) }

    /// The other side of a connection; nil where it has no such address (a Unix socket).
    init?(_ address: UnsafePointer<sockaddr>?) {
        guard let address else { return nil }
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self.init(ipv4: UInt32(bigEndian: raw.load(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            var ipv6 = raw.load(as: sockaddr_in6.self).sin6_addr
            self = withUnsafeBytes(of: &ipv6) { NetworkAddress(wire: $0) }
        default: return nil
        }
    }

    /// Sixteen bytes as they go over the wire.
    private init(wire bytes: UnsafeRawBufferPointer) {
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    // MARK: Text

    /// An address as text, without a port, brackets or a zone; nil for anything else. Allocates nothing.
    public init?(_ text: UnsafeRawBufferPointer) {
        // The longest is an IPv6 address that ends in an IPv4 one.
        guard text.count > 1, text.count < Int(INET6_ADDRSTRLEN), !text.contains(0) else { return nil }
        let read = withUnsafeTemporaryAllocation(byteCount: text.count + 1, alignment: 1) { room -> NetworkAddress? in
            room.copyMemory(from: text)
            room[text.count] = 0
            return room.withMemoryRebound(to: CChar.self) { NetworkAddress(terminated: $0.baseAddress!) }
        }
        guard let read else { return nil }
        self = read
    }

    private init?(terminated text: UnsafePointer<CChar>) {
        var ipv4 = in_addr()
        if inet_pton(AF_INET, text, &ipv4) == 1 {
            self.init(ipv4: UInt32(bigEndian: ipv4.s_addr))
            return
        }
        var ipv6 = in6_addr()
        guard inet_pton(AF_INET6, text, &ipv6) == 1 else { return nil }
        self = withUnsafeBytes(of: &ipv6) { NetworkAddress(wire: $0) }
    }

    public init?(_ text: String) {
        var text = text
        guard let read = text.withUTF8({ NetworkAddress(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = read
    }
}

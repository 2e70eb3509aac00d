/// Addresses that begin alike: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
public struct NetworkBlock: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64
    private let highMask: UInt64
    private let lowMask: UInt64

    /// Nil for what is no block. One whose address has bits behind its prefix (`10.1.2.3/8`) is refused: it is a slip, and nobody knows
    /// which part of it.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = NetworkAddress(String(parts[0])) else { return nil }
        let bits = address.isIPv4 ? 32 : 128
        var prefix = bits
        if parts.count == 2 {
            guard let number = NetworkBlock.number(parts[1]), number <= bits else { return nil }
            prefix = number
        }
        self.init(address, prefix: prefix + 128 - bits)
        guard high == address.high, low == address.low else { return nil }
    }

    /// - Parameter prefix: of the 128 bits.
    private init(_ address: NetworkAddress, prefix: Int) {
        highMask = NetworkBlock.mask(prefix)
        lowMask = NetworkBlock.mask(prefix - 64)
        high = address.high & highMask
        low = address.low & lowMask
    }

    private static func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(.max >> UInt64(bits)) }

    /// Digits only: no sign, no leading zero.
    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || text.utf8.first != 0x30 else {
            return nil
        }
        return Int(text)
    }

    public func contains(_ address: NetworkAddress) -> Bool {
        address.high & highMask == high && address.low & lowMask == low
    }
}

import Synchronization

/// How many connections each client has open, where that is bounded: else one address can take all that there are. Trusted proxies speak
/// for many, and are not counted.
final class ClientConnections: Sendable {
    private let max: Int
    private let proxies: TrustedProxies
    /// As many clients as there are connections, at most.
    private let open = Mutex<[NetworkAddress: Int]>([:])
    private let refusedCount = Atomic<Int>(0)

    /// Nil where there is no bound.
    init?(_ options: HTTPServerOptions) {
        guard let max = options.connectionsPerClientMax else { return nil }
        self.max = max
        proxies = options.trustedProxies
    }

    /// Whom a connection counts for; nil: for nobody.
    func client(_ address: NetworkAddress?) -> NetworkAddress? {
        guard let address, !proxies.trusts(address) else { return nil }
        return address.client
    }

    /// Asked before a connection is taken. (Loops ask side by side: there may be one more for each of them.)
    func mayConnect(_ address: NetworkAddress?) -> Bool {
        guard let client = client(address), open.withLock({ $0[client, default: 0] }) >= max else { return true }
        refusedCount.add(1, ordering: .relaxed)
        return false
    }

    func opened(_ client: NetworkAddress) { open.withLock { $0[client, default: 0] += 1 } }

    func closed(_ client: NetworkAddress) {
        open.withLock {
            let left = $0[client, default: 1] - 1
            $0[client] = left > 0 ? left : nil
        }
    }

    /// Connections that were closed at once.
    var refused: Int { refusedCount.load(ordering: .relaxed) }
}

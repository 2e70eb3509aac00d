import Events
import HTTPServer
import Platform

/// What senders may send, in events a second; nil: as much as they like. See `Rate` for the burst.
public struct RateLimitOptions: Sendable {
    /// Of one address (IPv6: of one /64).
    public var perAddress: Int?
    /// Of all who bring the same write key.
    public var perKey: Int?
    /// Of one user, by the token.
    public var perUser: Int?
    public var burstSeconds = 10

    public init() {}
}

/// Whose rates a request counts for. Decided at its head, where it takes one event of each; what more it brings is charged when it has
/// been read.
struct Senders: Sendable {
    var address: SenderID?
    var key: SenderID?
    var user: SenderID?
}

/// The rates in force.
///
/// They are counted in events, so that a batch is no way round them; a request counts as one at least, whatever is in it.
final class RateLimits: Sendable {
    /// What was exceeded; the metric's label.
    enum Scope: String, CaseIterable { case address, key, user }

    private let address: RateLimiter?
    private let key: RateLimiter?
    private let user: RateLimiter?
    private let refused: LabelledCounters

    /// Nil where nothing is limited.
    init?(_ options: RateLimitOptions, _ registry: MetricsRegistry) {
        func limiter(_ eventsPerSecond: Int?) -> RateLimiter? {
            eventsPerSecond.map { RateLimiter(Rate(eventsPerSecond: $0, burstSeconds: options.burstSeconds)) }
        }
        let limiters = [options.perAddress, options.perKey, options.perUser].map(limiter)
        (address, key, user) = (limiters[0], limiters[1], limiters[2])
        guard limiters.contains(where: { $0 != nil }) else { return nil }
        refused = registry.counters(
            "cinelog_rate_limited_total", "Requests answered 429, by whose rate was exceeded.", label: "by",
            values: Scope.allCases.map(\.rawValue))
        registry.total(
            "cinelog_rate_limit_forgotten_total",
            "Senders whose count began anew because more sent at once than there is room for."
        ) {
            zip(Scope.allCases, limiters).compactMap { scope, limiter in
                limiter.map { (RateLimits.label(scope), Double($0.forgotten)) }
            }
        }
    }

    private static func label(_ scope: Scope) -> String { "by=\"\(scope.rawValue)\"" }

    // MARK: At the head

    /// Before anything is looked up or verified: that costs too.
    func admitAddress(_ exchange: HTTPExchange, _ senders: inout Senders) throws(ClientError) {
        guard let address, let client = exchange.clientAddress?.client else { return }
        let sender = SenderID(high: client.high, low: client.low)
        senders.address = sender
        try take(sender, address, .address)
    }

    /// - Parameter number: of the key, among those that are allowed.
    func admitKey(_ number: Int, _ senders: inout Senders) throws(ClientError) {
        guard let key else { return }
        let sender = SenderID(high: 0, low: UInt64(number) + 1)
        senders.key = sender
        try take(sender, key, .key)
    }

    func admitUser(_ id: UUID, _ senders: inout Senders) throws(ClientError) {
        guard let user else { return }
        let sender = SenderID(high: id.high, low: id.low)
        senders.user = sender
        try take(sender, user, .user)
    }

    private func take(_ sender: SenderID, _ limiter: RateLimiter, _ scope: Scope) throws(ClientError) {
        guard let seconds = limiter.take(sender) else { return }
        refused.add(at: Scope.allCases.firstIndex(of: scope)!)
        throw .tooManyEventsOf(scope, retryAfterSeconds: seconds)
    }

    // MARK: Behind the body

    /// A request has brought so many events, good and bad: one is paid for.
    func charge(_ senders: Senders, events: Int) {
        guard events > 1 else { return }
        if let address, let sender = senders.address { address.charge(events - 1, sender) }
        if let key, let sender = senders.key { key.charge(events - 1, sender) }
        if let user, let sender = senders.user { user.charge(events - 1, sender) }
    }
}

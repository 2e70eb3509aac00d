import Events

/// What somebody watches on.
struct Device {
    let platform: String
    let appVersion: String

    init(platform: String, _ random: inout DemoRandom) {
        self.platform = platform
        // Browsers have the newest; apps and televisions lag behind.
        let age = platform == "web" ? 0 : min(Int(random.exponential(mean: platform == "tv" ? 3 : 1)), 8)
        appVersion = "5.\(12 - age).\(platform == "web" ? 4 : age % 3)"
    }
}

/// One of the audience, with habits. The same number is the same viewer in every demo of a seed.
struct Viewer {
    /// A clock that is wrong.
    struct ClockFault {
        let milliseconds: Int64
        /// Older apps do not say what their clock was, so nobody can correct it.
        let tellsSentAt: Bool
    }

    let number: Int
    let anonymousID: UUID
    /// One or two; a film begun on the first may go on on the second.
    let devices: [Device]
    let rate: Double
    let skipsIntro: Bool
    let staysForCredits: Bool
    /// How likely a famous scene is watched once more.
    let rewatching: Double
    let impatience: Double
    /// Watches downloads on the way, and sends events when the network is back.
    let isOffline: Bool
    let clockFault: ClockFault?
    /// A program that pretends to be a viewer.
    let isBot: Bool

    init(number: Int, seed: UInt64) {
        var random = DemoRandom(seed: seed, stream: number)
        self.number = number
        anonymousID = random.uuid()
        let first = ["web", "android", "ios", "tv"][random.place(weights: [0.42, 0.22, 0.16, 0.2])]
        let second = random.chance(0.12) ? (first == "tv" ? "ios" : "tv") : nil
        devices = [first, second].compactMap { $0 }.map { Device(platform: $0, &random) }
        rate = [1, 1.25, 1.5][random.place(weights: [0.86, 0.09, 0.05])]
        skipsIntro = random.chance(0.4)
        staysForCredits = random.chance(0.15)
        rewatching = random.uniform(0.02...0.2)
        impatience = random.uniform(0...0.5)
        isOffline = first != "web" && first != "tv" && random.chance(0.04)
        isBot = random.chance(0.002)
        clockFault = random.chance(0.004) ? Viewer.fault(&random) : nil
    }

    private static func fault(_ random: inout DemoRandom) -> ClockFault {
        let hour: Int64 = 3_600_000
        let offset = random.pick([-3 * hour, 7 * hour, 26 * hour, -400 * 24 * hour, -9 * 365 * 24 * hour])
        return ClockFault(milliseconds: offset, tellsSentAt: random.chance(0.5))
    }
}

import Collector
import Events
import Glibc
package import HTTPServer

/// The values in force: from the environment, then `.env` in the working folder, then the defaults.
package struct Settings: Sendable {
    private let texts: [String: String]
    /// Names in `.env` that are no settings.
    package let unknownNames: [String]

    /// Checks every value, so that reading one later cannot fail.
    package init(environment: [String: String], dotEnv: [String: String]) throws(SettingError) {
        var texts: [String: String] = [:]
        for setting in Declared.all {
            guard let text = environment[setting.name] ?? dotEnv[setting.name] else { continue }
            try setting.check(text)
            texts[setting.name] = text
        }
        self.texts = texts
        let known = Set(Declared.all.map(\.name))
        unknownNames = dotEnv.keys.filter { !known.contains($0) }.sorted()
        try checkTogether()
    }

    /// Everything that `init` would refuse, not only the first of it.
    package static func faults(environment: [String: String], dotEnv: [String: String]) -> [SettingError] {
        var faults: [SettingError] = []
        for setting in Declared.all {
            guard let text = environment[setting.name] ?? dotEnv[setting.name] else { continue }
            do throws(SettingError) { try setting.check(text) } catch { faults.append(error) }
        }
        guard faults.isEmpty else { return faults }
        // What values mean together can be said only of good ones.
        do throws(SettingError) { _ = try Settings(environment: environment, dotEnv: dotEnv) } catch {
            faults = [error]
        }
        return faults
    }

    package subscript<Value>(_ setting: Setting<Value>) -> Value {
        do {
            return try setting.value(texts[setting.name] ?? setting.defaultText)
        } catch {
            preconditionFailure("the default of \(setting.name) must be a good value: \(error.message)")
        }
    }

    /// The text in force; "(secret)" for one that must not be shown.
    package func shown(_ setting: any AnySetting) -> String {
        let text = texts[setting.name] ?? setting.defaultText
        return setting.isSecret && !text.isEmpty ? "(secret)" : text
    }

    /// What no setting can know by itself.
    private func checkTogether() throws(SettingError) {
        let hasKey = self[Declared.jwtPublicKey] != nil
        if self[Declared.anonymousEvents] == false, !hasKey {
            throw SettingError(
                "ANONYMOUS_EVENTS=false needs JWT_PUBLIC_KEY: without it no event could be accepted at all")
        }
        if let token = self[Declared.adminToken], token.utf8.count < 16 {
            throw SettingError("ADMIN_TOKEN=(secret) is not allowed: it must have at least 16 characters")
        }
        if self[Declared.adminToken] == nil, !self[Declared.adminListen].isLoopback {
            throw SettingError(
                "ADMIN_LISTEN=\(texts[Declared.adminListen.name] ?? "") is not loopback: set ADMIN_TOKEN, or listen on 127.0.0.1"
            )
        }
    }

    package var takesAnonymousEvents: Bool { self[Declared.anonymousEvents] ?? (self[Declared.jwtPublicKey] == nil) }

    var rateLimits: RateLimitOptions {
        func rate(_ setting: Setting<Int>) -> Int? { self[setting] > 0 ? self[setting] : nil }
        var options = RateLimitOptions()
        options.perAddress = rate(Declared.ratePerAddress)
        options.perKey = rate(Declared.ratePerKey)
        options.perUser = rate(Declared.ratePerUser)
        options.burstSeconds = self[Declared.rateBurstSeconds]
        return options
    }

    /// The bounds on one event: the Collector's, and a replay's.
    var eventLimits: EventLimits {
        EventLimits(lineBytesMax: self[Declared.eventBytesMax], depthMax: self[Declared.jsonDepthMax])
    }

    /// From this process's environment and `./.env`.
    static func load() throws(SettingError) -> Settings {
        try Settings(environment: environment(), dotEnv: try DotEnv.read(".env"))
    }

    /// This process's variables.
    static func environment() -> [String: String] {
        var environment: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { environment[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return environment
    }
}

extension HTTPAddress {
    /// Reachable from this machine only. 127.0.0.1.example.com is a name, and anybody's.
    package var isLoopback: Bool {
        guard case .tcp(let host, _) = self else { return true }
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        if inet_pton(AF_INET6, host, &six) == 1 {
            return withUnsafeBytes(of: six) { $0.elementsEqual(HTTPAddress.loopback6) }
        }
        return host.lowercased() == "localhost"
    }

    /// ::1
    private static let loopback6 = [UInt8](repeating: 0, count: 15) + [1]
}

/// One setting: an environment variable with a type, a default and an explanation. The declaration is all there is: parsing,
/// docs/operations.md and .env.example follow from it.
package struct Setting<Value: Sendable>: AnySetting {
    package let name: String
    /// As one would write it.
    package let defaultText: String
    package let section: SettingSection
    /// What values are allowed, for people.
    package let allowed: String
    package let help: String
    package let isSecret: Bool
    private let parse: @Sendable (String) -> Value?

    package init(
        _ name: String, _ defaultText: String, _ section: SettingSection, _ type: SettingType<Value>,
        secret: Bool = false, _ help: String
    ) {
        self.name = name
        self.defaultText = defaultText
        self.section = section
        self.allowed = type.allowed
        self.help = help
        self.isSecret = secret
        self.parse = type.parse
    }

    package func value(_ text: String) throws(SettingError) -> Value {
        guard let value = parse(text) else {
            throw SettingError(
                "\(name)=\(isSecret ? "(secret)" : withoutPasswords(text)) is not allowed: it must be \(allowed). \(help)"
            )
        }
        return value
    }

    package func check(_ text: String) throws(SettingError) { _ = try value(text) }
}

/// A value as a message may show it: what stands between `//` and `@` of an address may be a password.
private func withoutPasswords(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
    return text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        guard let at = part.lastIndex(of: "@") else { return String(part) }
        return "(secret)" + part[at...]
    }.joined(separator: ",")
}

/// A setting of any type.
package protocol AnySetting: Sendable {
    var name: String { get }
    var defaultText: String { get }
    var section: SettingSection { get }
    var allowed: String { get }
    var help: String { get }
    var isSecret: Bool { get }
    func check(_ text: String) throws(SettingError)
}

package enum SettingSection: String, CaseIterable, Sendable {
    case general = "General"
    case collecting = "Collecting"
    case limits = "Limits"
    case log = "Event log"
    case kafka = "Kafka"
    case loading = "Loading"
    case warehouse = "Warehouse"
    case cluster = "ClickHouse cluster"
    case admin = "Admin address"
}

/// The message names the setting, the value and what is allowed.
package struct SettingError: Error {
    package let message: String
    init(_ message: String) { self.message = message }
}

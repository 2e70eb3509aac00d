/// One setting: an environment variable with a type, a default and an explanation. The declaration is all there is: parsing,
/// docs/operations.md and .env.example follow from it.
struct Setting<Value: Sendable>: AnySetting {
    let name: String
    /// As one would write it.
    let defaultText: String
    let section: SettingSection
    /// What values are allowed, for people.
    let allowed: String
    let help: String
    let isSecret: Bool
    private let parse: @Sendable (String) -> Value?

    init(
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

    func value(_ text: String) throws(SettingError) -> Value {
        guard let value = parse(text) else {
            throw SettingError(
                "\(name)=\(isSecret ? "(secret)" : text) is not allowed: it must be \(allowed). \(help)")
        }
        return value
    }

    func check(_ text: String) throws(SettingError) { _ = try value(text) }
}

/// A setting of any type.
protocol AnySetting: Sendable {
    var name: String { get }
    var defaultText: String { get }
    var section: SettingSection { get }
    var allowed: String { get }
    var help: String { get }
    var isSecret: Bool { get }
    func check(_ text: String) throws(SettingError)
}

enum SettingSection: String, CaseIterable, Sendable {
    case general = "General"
    case collecting = "Collecting"
    case limits = "Limits"
    case log = "Event log"
    case loading = "Loading"
    case warehouse = "Warehouse"
    case admin = "Admin address"
}

/// The message names the setting, the value and what is allowed.
struct SettingError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

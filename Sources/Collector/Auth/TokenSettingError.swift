/// What is wrong with the settings of the token check. `message` completes the sentence "JWT_PUBLIC_KEY …".
public struct TokenSettingError: Error, Equatable, Sendable, CustomStringConvertible {
    public let message: String

    init(_ message: String) { self.message = message }

    public var description: String { "JWT_PUBLIC_KEY \(message)" }
}

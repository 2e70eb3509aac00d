/// Why a file is no schema that events can be checked against.
public struct SchemaError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

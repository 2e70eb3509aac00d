public import HTTPServer

/// A piece of housekeeping that an operator orders: audit, replay, forget, backup. It runs within the process that holds
/// the warehouse, reports in lines while it runs, and ends saying whether all is well.
///
/// Declared once: the admin address serves it at `/v1/NAME`, and a command runs it there, or by itself where no `store` is
/// running.
public struct Operation: Sendable {
    public let name: String
    public let method: HTTPMethod
    /// The parameters it understands (query of the request, options of the command).
    public let parameters: [String]
    /// Blocks; called on a thread of the admin address's own.
    public let run: @Sendable (_ parameters: [String: String], _ report: OperationReport) throws -> OperationEnd

    public init(
        _ name: String, _ method: HTTPMethod, parameters: [String] = [],
        run: @escaping @Sendable (_ parameters: [String: String], _ report: OperationReport) throws -> OperationEnd
    ) {
        self.name = name
        self.method = method
        self.parameters = parameters
        self.run = run
    }

    public var path: String { "/v1/" + name }
}

/// How an operation ended.
public struct OperationEnd: Sendable, Equatable {
    /// All is well: the command's exit code is 0.
    public let isGood: Bool
    /// In a few words, for people.
    public let text: String
    /// Further members of the last line, as JSON without braces ("\"stored\":3"), or "".
    public let members: String

    public init(isGood: Bool, _ text: String, members: String = "") {
        self.isGood = isGood
        self.text = text
        self.members = members
    }
}

/// Why an operation could not be done: what was asked for makes no sense, or its time is not now.
public enum OperationError: Error, Equatable {
    /// A parameter is wrong; the text says which and what is allowed.
    case badParameter(String)
    /// Not possible now; the text says why and what to do.
    case unavailable(String)
}

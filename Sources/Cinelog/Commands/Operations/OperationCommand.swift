import Events
import Glibc
import HTTPClient
import HTTPServer
import Insights
import Platform

/// A command that orders an operation: of the `store` that runs at ADMIN_LISTEN, or, where none does, of this process, which
/// then opens the warehouse itself.
struct OperationCommand {
    /// The command's own.
    let name: String
    /// The operation's.
    let operation: String
    let method: HTTPMethod

    /// - Parameters:
    ///   - options: each value is passed on as the operation's parameter of that name.
    ///   - complete: says what the arguments mean where the operation runs.
    static func command(
        _ name: String, _ method: HTTPMethod, orders operation: String? = nil, summary: String, help: String,
        options: [CommandOption] = [],
        operand: String? = nil, check: @escaping @Sendable (Arguments) throws(UsageError) -> Void = { _ in },
        complete: @escaping @Sendable (inout [String: String]) -> Void = { _ in }
    ) -> Command {
        let json = CommandOption("json", nil, "Prints the report as lines of JSON.")
        return Command(
            name: name, summary: summary, help: help, options: options + [json], operandsMax: operand == nil ? 0 : 1
        ) { arguments in
            try check(arguments)
            var parameters = parameters(arguments, options, operand)
            complete(&parameters)
            return try OperationCommand(name: name, operation: operation ?? name, method: method)
                .run(parameters, json: arguments.has("json"))
        }
    }

    private static func parameters(_ arguments: Arguments, _ options: [CommandOption], _ operand: String?)
        -> [String: String]
    {
        var parameters: [String: String] = [:]
        for option in options { parameters[option.name] = arguments.text(option.name) }
        if let operand { parameters[operand] = arguments.rest.first }
        return parameters
    }

    private func run(_ parameters: [String: String], json: Bool) throws -> Int32 {
        let role = try Role(name)
        let printer = ReportPrinter(json: json)
        if try !orderPatiently(role.settings, parameters, printer) { try runHere(role, parameters, printer) }
        return printer.exitCode
    }

    // MARK: At the running store

    /// False: no store is running. One that is just ending may break the connection before it says anything; then it is
    /// asked again.
    private func orderPatiently(_ settings: Settings, _ parameters: [String: String], _ printer: ReportPrinter) throws
        -> Bool
    {
        var triesLeft = OperationCommand.triesMax
        while true {
            triesLeft -= 1
            do throws(HTTPClientError) {
                try order(settings, parameters, printer)
                return true
            } catch .cannotConnect {
                return false
            } catch {
                guard case .broken = error, !printer.hasBegun, triesLeft > 0 else {
                    throw StartError("\(error)", exitCode: ExitCode.unavailable)
                }
                usleep(OperationCommand.pauseMicroseconds)
            }
        }
    }

    private static let triesMax = 10
    private static let pauseMicroseconds: UInt32 = 300_000

    private func order(_ settings: Settings, _ parameters: [String: String], _ printer: ReportPrinter)
        throws(HTTPClientError)
    {
        let client = HTTPClient(timeoutMilliseconds: OperationCommand.longestMilliseconds)
        let admin = settings[Declared.adminListen]
        let address = admin.fixedURL ?? admin.url(port: 0)
        let query = parameters.map { "\($0.key)=\(percentEncoded($0.value))" }.sorted().joined(separator: "&")
        let token = settings[Declared.adminToken].map { [("Authorization", "Bearer " + $0)] } ?? []
        let answer = try client.request(
            method.rawValue, "\(address)/v1/\(operation)" + (query.isEmpty ? "" : "?" + query), headers: token,
            body: method == .post ? UnsafeRawBufferPointer(start: nil, count: 0) : nil, onBody: printer.take)
        _ = printer.take(answer.body.bytes)
        printer.finish(status: answer.status)
    }

    /// A day: what takes longer has broken.
    private static let longestMilliseconds = 86_400_000

    // MARK: In this process

    private static let stopMilliseconds = 60_000

    private func runHere(_ role: Role, _ parameters: [String: String], _ printer: ReportPrinter) throws {
        let store = try Store(role)
        defer { store.close() }
        guard let operation = store.operations.first(where: { $0.name == operation }) else {
            throw StartError("cinelog \(name) needs a running cinelog store", exitCode: ExitCode.unavailable)
        }
        // As in a store: what a killed one has left is loaded first, and what waits for loading comes to an end.
        let loading = LoadingTask(store.loader)
        defer {
            loading.cancel()
            loading.join(waitingAtMost: OperationCommand.stopMilliseconds)
        }
        let report = OperationReport(printer.take)
        do {
            report.end(try operation.run(parameters, report))
        } catch {
            report.end(OperationEnd(isGood: false, OperationCommand.words(error)))
        }
        printer.finish(status: 200)
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case OperationError.badParameter(let why), OperationError.unavailable(let why): why
        default: "\(error)"
        }
    }

    private func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

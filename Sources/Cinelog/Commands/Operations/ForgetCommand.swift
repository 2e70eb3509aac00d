import Events
import HTTPServer
import Insights
import Loader
import Warehouse

/// `cinelog forget --user UUID`, `cinelog forget --anonymous ID`, and `POST /v1/forget?user=…`.
extension Command {
    static let forget = OperationCommand.command(
        "forget", .post, summary: "Erases everything that is kept of a person, with a receipt.",
        help: """
            Erases a person's events and requests from log, tables and quarantine. What was collected before and is not loaded yet is
            dropped when loading comes to it; the erasure is complete after that, by itself. Prints a receipt; the table erasures
            keeps it, without the person. Backups that were made before are not touched. With Kafka, its messages go by their
            retention, and a collector on another machine is told by `cinelog scrub` there.
            """,
        options: [
            CommandOption("user", "UUID", "The user, as tokens name him."),
            CommandOption("anonymous", "ID", "The device, by the anonymous_id that it sends."),
        ],
        check: { arguments throws(UsageError) in
            guard arguments.has("user") != arguments.has("anonymous") else {
                throw UsageError("cinelog forget needs --user UUID or --anonymous ID: one of them")
            }
        })
}

extension Operation {
    /// As long as the longest that an event may bring.
    private static let deviceCharactersMax = 128

    static func forget(_ forgetting: Forgetting) -> Operation {
        Operation("forget", .post, parameters: ["user", "anonymous"]) { parameters, report in
            let person = try person(parameters)
            do {
                let receipt = try forgetting.request(person) { report.line($0) }
                return OperationEnd(isGood: true, words(receipt), members: receipt.members)
            } catch let error as ForgettingError {
                throw OperationError.unavailable("\(error)")
            }
        }
    }

    private static func person(_ parameters: [String: String]) throws(OperationError) -> Person {
        switch (parameters["user"], parameters["anonymous"]) {
        case (let text?, nil):
            guard let id = UUID(text), id != .none else { throw .badParameter("user=\(text): a user's UUID is needed") }
            return .user(id)
        case (nil, let id?):
            guard !id.isEmpty, id.count <= deviceCharactersMax else {
                throw .badParameter("anonymous: 1 to \(deviceCharactersMax) characters are needed")
            }
            return .device(id)
        default: throw .badParameter("one of user and anonymous is needed")
        }
    }

    private static func words(_ receipt: ErasureReceipt) -> String {
        let rows = receipt.erased.values.reduce(0, +)
        let aside =
            receipt.setAside.isEmpty
            ? "" : "; damaged logs that were set aside are not touched: " + receipt.setAside.joined(separator: ", ")
        let state =
            receipt.waitsFor.map { "not complete before \($0) (by itself: see the table erasures)" } ?? "complete"
        let elsewhere = receipt.elsewhere.map { "; elsewhere: \($0)" } ?? ""
        return "receipt \(receipt.receipt): \(rows) rows erased, \(state)\(aside)\(elsewhere)"
    }
}

import Events
import HTTPServer
import Insights
import Loader
import Platform
import Schemas
import Warehouse

/// `cinelog replay`, and `POST /v1/replay`.
extension Command {
    static let replay = OperationCommand.command(
        "replay", .post, summary: "Puts quarantined events through today's rules again.",
        help: """
            Looks at the events in the table quarantine: those that pass the checks of today go into their table, under their
            old event_id, time of arrival and user; the others stay, with today's reason. May be run at any time, again, and
            after any interruption. The rules are those of the running store's settings (EVENT_MAX_BYTES,
            JSON_MAX_DEPTH, SCHEMAS_DIR).
            """,
        options: [
            CommandOption("since", "TIME", "Only what came in since: RFC 3339, a date (UTC), or Unix seconds."),
            CommandOption("kind", "KIND", "Only click, page, film or custom."),
            CommandOption("dry-run", nil, "Counts and changes nothing."),
        ],
        check: { arguments throws(UsageError) in
            let options = ["since", "kind"].compactMap { name in arguments.text(name).map { (name, $0) } }
            do throws(OperationError) {
                _ = try ReplayParameters.options(Dictionary(options) { $1 })
            } catch {
                guard case .badParameter(let why) = error else { return }
                throw UsageError(why)
            }
        })

}

extension Operation {
    /// - Parameter schemas: the folder of the schemas of custom events, read anew for each replay.
    static func replay(_ warehouse: any Warehouse, _ limits: EventLimits, schemas: String, _ logger: Logger)
        -> Operation
    {
        Operation("replay", .post, parameters: ["since", "kind", "dry-run"]) { parameters, report in
            let options = try ReplayParameters.options(parameters)
            let registry = SchemaRegistry(folder: schemas, logger: logger)
            let replay = Replay(warehouse, limits: limits, schemas: registry, options: options)
            let progress = try replay.run { progress in
                report.line(progress.text(options), members: progress.members)
                return !report.isAbandoned
            }
            return OperationEnd(
                isGood: true, progress.text(options) + (options.isDryRun ? " (dry run: nothing was changed)" : ""),
                members: progress.members)
        }
    }

}

private enum ReplayParameters {
    static func options(_ parameters: [String: String]) throws(OperationError) -> ReplayOptions {
        var options = ReplayOptions()
        if let text = parameters["since"] {
            guard let since = moment(text) else {
                throw .badParameter(
                    "since=\(text): a time is needed, such as 2026-01-31T12:00:00Z, 2026-01-31 or Unix seconds")
            }
            options.since = since
        }
        if let text = parameters["kind"] {
            guard let kind = EventKind(type: text) else {
                throw .badParameter("kind=\(text): must be click, page, film or custom")
            }
            options.kind = kind
        }
        if let text = parameters["dry-run"] {
            guard ["true", "false"].contains(text) else {
                throw .badParameter("dry-run=\(text): must be true or false")
            }
            options.isDryRun = text == "true"
        }
        return options
    }

    private static func moment(_ text: String) -> Timestamp? {
        if let number = Double(text) { return Timestamp(number: number) }
        let forms = [text, text + "T00:00:00Z"]
        return forms.lazy.compactMap { form in
            var form = form
            return form.withUTF8 { Timestamp(rfc3339: UnsafeRawBufferPointer($0)) }
        }.first
    }
}

extension ReplayProgress {
    fileprivate func text(_ options: ReplayOptions) -> String {
        "\(read) read: \(replayed) \(options.isDryRun ? "would be replayed" : "replayed"), "
            + "\(alreadyThere) already there, \(refused) still refused"
    }

    fileprivate var members: String {
        "\"read\":\(read),\"replayed\":\(replayed),\"already_there\":\(alreadyThere),\"still_refused\":\(refused)"
    }
}

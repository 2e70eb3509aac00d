public import Events
public import Platform
import Synchronization

/// The schemas of custom events: read from a folder, read again when it changes, asked for each custom event.
public final class SchemaRegistry: Sendable {
    private let folder: SchemaFolder
    private let current = Mutex(SchemaSet())
    private let read = Mutex("")
    private let stopping = Condition(false)
    private let logger: Logger
    /// How often the folder is looked at.
    private static let lookMilliseconds = 1_000

    /// Reads the folder once; `watch()` goes on looking at it. A folder that is not there is an empty one.
    public init(folder: String, logger: Logger) {
        self.folder = SchemaFolder(path: folder)
        self.logger = logger
        refresh()
    }

    /// What became of an event's check.
    public enum Outcome: Sendable {
        /// It is no custom event, or has no schema, or one that is off.
        case unchecked
        case fits
        /// It is taken all the same.
        case warned([EventError])
        case refused([EventError])
    }

    /// Checks the `information` of an event that is a custom one.
    ///
    /// - Parameters:
    ///   - kind: nil where the event says its own.
    ///   - counts: false for a dry run.
    ///   - scratch: overwritten.
    public func check(
        _ event: JSONValue, as kind: EventKind?, at time: Timestamp, counts: Bool, scratch: ByteBuffer
    ) -> Outcome {
        guard (kind ?? EventReader.kind(of: event)) == .custom else { return .unchecked }
        guard let schema = current.withLock({ $0.schemas.isEmpty ? nil : $0.schema(for: event) }), schema.mode != .off,
            let information = event["information"], information.kind == .object
        else { return .unchecked }
        let faults = schema.compiled.faults(of: information, named: "information", scratch: scratch)
        if counts { schema.counts.add(faults, at: time) }
        if faults.isEmpty { return .fits }
        return schema.mode == .enforce ? .refused(faults) : .warned(faults)
    }

    /// All schemas, by name and version.
    public var schemas: [EventSchema] { current.withLock { $0.all } }

    /// Files that cannot be used, by their path below the folder, and why. What was good before stays in force.
    public var problems: [String: String] { current.withLock { $0.problems } }

    // MARK: Reading again

    /// Looks at the folder each second until `stop()`.
    public func watch() {
        _ = Thread("schemas") { [self] in
            while !stopping.wait(atMost: SchemaRegistry.lookMilliseconds, until: { $0 }, then: { $0 }) { refresh() }
        }
    }

    public func stop() {
        stopping.withLock { $0 = true }
        stopping.broadcast()
    }

    /// Reads the folder if it has changed since it was read.
    public func refresh() {
        let signature = folder.signature()
        guard read.withLock({ $0 != signature }) else { return }
        let old = current.withLock { $0 }
        let new = folder.read(old)
        current.withLock { $0 = new }
        read.withLock { $0 = signature }
        report(old, new)
    }

    private func report(_ old: SchemaSet, _ new: SchemaSet) {
        for (file, why) in new.problems.sorted(by: { $0.key < $1.key }) where old.problems[file] != why {
            logger.warning("a schema cannot be used", ["file": file, "reason": why])
        }
        logger.info("schemas are in force", ["schemas": "\(new.all.count)", "unusable": "\(new.problems.count)"])
    }

    // MARK: Metrics

    /// Shows what came of the checks, and files that cannot be used.
    public func measure(_ metrics: MetricsRegistry) {
        metrics.total("cinelog_schema_checks_total", "Custom events checked against a schema, by what came of it.") {
            [weak self] in
            (self?.schemas ?? []).flatMap { schema in
                let reading = schema.counts.reading
                let label = "name=\"\(schema.name)\",version=\"\(schema.version)\",outcome="
                return [
                    (label + "\"fits\"", Double(reading.fitting)), (label + "\"fails\"", Double(reading.failed)),
                ]
            }
        }
        metrics.gauge("cinelog_schema_problems", "Files in SCHEMAS_DIR that cannot be used.") { [weak self] in
            [("", Double(self?.problems.count ?? 0))]
        }
    }
}

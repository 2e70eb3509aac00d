import EventLog
import Events
import HTTPServer
import Insights
import Loader
import Platform
import Warehouse

/// `cinelog audit`, and `GET /v1/ledger`.
extension Command {
    static let audit = OperationCommand.command(
        "audit", .get, orders: "ledger", summary: "Proves that every accepted event is in the tables, once.",
        help: """
            Holds the log's positions, the ledger (`deliveries`) and the tables against each other, and says `balanced`, or what is
            missing, there too often, or lost, with the positions concerned; then the exit code is 1. Loading waits while it
            looks; collecting does not. The ledger goes back AUDIT_DAYS.
            """,
        options: [
            CommandOption("hours", "N", "Lists what came and what became of it in each of the last N hours, too.")
        ])
}

extension Operation {
    private static let hoursMax = 24 * 366
    /// A plan in a warehouse that works ends within seconds.
    private static let holdMilliseconds = 30_000

    static func audit(_ log: any EventLogReader, _ warehouse: any Warehouse, _ hold: LoadingHold) -> Operation {
        Operation("ledger", .get, parameters: ["hours"]) { parameters, report in
            let hours = try hours(parameters["hours"])
            let audit = Audit(log, warehouse)
            var findings: [Finding] = []
            let held = try hold.hold(waitingAtMost: holdMilliseconds) {
                try tell(audit, hours: hours, report)
                findings = try audit.findings()
            }
            guard held else {
                throw OperationError.unavailable(
                    "a batch has been on its way for \(holdMilliseconds / 1000) s: see why loading waits, then try again"
                )
            }
            return end(findings, report)
        }
    }

    private static func hours(_ text: String?) throws(OperationError) -> Int {
        guard let text else { return 0 }
        guard let hours = Int(text), (0...hoursMax).contains(hours) else {
            throw .badParameter("hours=\(text): a whole number from 0 to \(hoursMax) is needed")
        }
        return hours
    }

    private static func tell(_ audit: Audit, hours: Int, _ report: OperationReport) throws(AuditError) {
        if hours > 0 {
            let since = Clock.unixMilliseconds() / 1000 - Int64(hours) * 3600
            for row in try audit.hours(since: since) { report.line(row.text, members: row.members) }
        }
        for row in try audit.totals() { report.line(row.text, members: row.members) }
    }

    private static func end(_ findings: [Finding], _ report: OperationReport) -> OperationEnd {
        for finding in findings {
            report.line(
                finding.text, members: "\"finding\":\"\(finding.kind.rawValue)\",\"topic\":\"\(finding.topic)\"")
        }
        let count = "\"findings\":\(findings.count)"
        guard !findings.isEmpty else { return OperationEnd(isGood: true, "balanced", members: count) }
        return OperationEnd(isGood: false, "out of balance: see the \(findings.count) lines above", members: count)
    }
}

extension LedgerRow {
    fileprivate var text: String {
        let when = hour.map { " " + Logger.timestamp(unixMilliseconds: $0 * 1000).prefix(13) + "h" } ?? ""
        return "\(topic)\(when): \(accepted) accepted = \(stored) stored + \(duplicate) duplicate + "
            + "\(quarantined) quarantined + \(forgotten) forgotten + \(lost) lost"
    }

    fileprivate var members: String {
        "\"topic\":\"\(topic)\"" + (hour.map { ",\"hour\":\($0)" } ?? "")
            + ",\"accepted\":\(accepted),\"stored\":\(stored),\"duplicate\":\(duplicate)"
            + ",\"quarantined\":\(quarantined),\"forgotten\":\(forgotten),\"lost\":\(lost)"
    }
}

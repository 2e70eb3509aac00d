import Glibc
import TestSupport
import Testing

extension Service {
    private var isBalanced: Bool {
        let audit = command("audit")
        return audit.code == 0 && audit.output.hasSuffix("balanced\n")
    }

    /// That the ledger and the tables agree, at once.
    func expectBalance(_ place: SourceLocation = #_sourceLocation) {
        let audit = command("audit")
        #expect(audit.code == 0 && audit.output.contains("balanced"), "\(audit.output)", sourceLocation: place)
    }

    /// That they come to agree: what is still read of a log is not in the ledger.
    func expectBalance(within milliseconds: UInt64, _ place: SourceLocation = #_sourceLocation) {
        guard !holds(within: milliseconds, { isBalanced }) else { return }
        expectBalance(place)
    }

    /// That a table comes to have so many rows: a question that fails meanwhile is asked again.
    func expectRows(
        _ count: Int, in table: String = "clicks", within milliseconds: UInt64 = 60_000,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let question = "SELECT count() FROM \(table)"
        let there = holds(within: milliseconds) { (try? rows(question)) == ["\(count)"] }
        #expect(
            there, "\(table): \((try? rows(question)) ?? []) of \(count): \(output.suffix(2000))", sourceLocation: place
        )
    }

    /// Kills a role of `serve`, once it is there (again).
    func killChild(_ role: String, _ place: SourceLocation = #_sourceLocation) {
        #expect(holds(within: 30_000) { child(role) != nil }, sourceLocation: place)
        if let pid = child(role) { kill(pid, SIGKILL) }
    }
}

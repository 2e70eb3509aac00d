import EventLog
import Platform
import Warehouse

/// `cinelog copy`: the history of one machine, into the cluster.
enum CopyCommand {
    static let command = Command(
        name: "copy", summary: "Copies one machine's tables into the cluster.",
        help: """
            Copies the tables in DATA_DIR/warehouse of a service that has run on one machine into the cluster of CLICKHOUSE_NODES:
            events, each once, the ledger, the quarantine and receipts of erasures. cinelog copy DATA_DIR, with the settings of the
            new service, which may run meanwhile. The old one must be stopped, and its log loaded. One that broke off is run again:
            what is there already is not copied twice. docs/operations.md tells the whole way.
            """,
        options: [], operandsMax: 1, run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        guard let folder = arguments.rest.first else { throw UsageError("cinelog copy needs the old DATA_DIR") }
        let role = try Role("copy")
        guard let options = role.settings.cluster else {
            throw StartError("CLICKHOUSE_NODES is not set: there is no cluster to copy into")
        }
        guard Folder.exists(folder + "/warehouse") else {
            throw StartError("\(folder) is no DATA_DIR with tables: there is no \(folder)/warehouse")
        }
        try expectLoaded(folder)
        let source = try Store.openEmbedded(role, folder)
        defer { source.close() }
        let target = try Store.openCluster(role, options)
        defer { target.close() }
        do {
            try WarehouseCopy(from: source, to: target, told: { print($0) }).run()
        } catch {
            throw StartError("\(error): run it again", exitCode: ExitCode.unavailable)
        }
        // A collector that was not stopped may have taken more.
        try expectLoaded(folder)
        print("copied: compare with cinelog audit")
        return ExitCode.success
    }

    /// What is in the log and not in the tables would stay behind.
    private static func expectLoaded(_ folder: String) throws(StartError) {
        let log = LogInspection(directory: folder)
        guard log.exists else { return }
        let waiting: Int64
        do throws(ReadError) { waiting = try log.backlog().map(\.backlog.events).reduce(0, +) } catch {
            throw StartError("the log in \(folder): \(error)", exitCode: ExitCode.unavailable)
        }
        guard waiting == 0 else {
            throw StartError(
                "\(waiting) events in the log of \(folder) are not loaded yet: let cinelog store load them first, with the "
                    + "old settings", exitCode: ExitCode.unavailable)
        }
    }
}

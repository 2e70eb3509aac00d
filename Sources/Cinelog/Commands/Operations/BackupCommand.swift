import Backup
import EventLog
import Glibc
import HTTPServer
import Insights
import Loader
import Platform
import Warehouse

/// `cinelog backup DIR`, and `POST /v1/backup?dir=…`.
extension Command {
    static let backup = OperationCommand.command(
        "backup", .post, summary: "Copies log, positions and tables, all of one moment, into a new folder.",
        help: """
            cinelog backup DIR copies DATA_DIR as it is at one moment into DIR, which must not exist yet, while events come in. Loading
            waits for a fraction of a second; collecting does not. DIR has its name only once it is whole, synced and has its manifest
            with checksums. cinelog restore brings it back.
            """,
        operand: "dir",
        check: { arguments throws(UsageError) in
            guard arguments.rest.first?.isEmpty == false else {
                throw UsageError("cinelog backup needs a folder to make")
            }
        },
        complete: { parameters in parameters["dir"] = parameters["dir"].map(absolutePath) })

    /// The process that makes the backup has another working folder.
    private static func absolutePath(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        while path.hasPrefix("./") { path.removeFirst(2) }
        return String(cString: folder) + "/" + path
    }
}

extension Operation {
    /// How long loading may take to come to rest.
    private static let restMilliseconds = 60_000

    static func backup(
        _ folder: String, _ log: any EventLogReader, _ warehouse: any Warehouse, _ hold: LoadingHold,
        _ forgetting: Forgetting
    ) -> Operation {
        Operation("backup", .post, parameters: ["dir"]) { parameters, report in
            guard let target = parameters["dir"] else {
                throw OperationError.badParameter("dir: the folder to make is missing")
            }
            guard let tables = warehouse as? any FreezableWarehouse, let log = log as? any CopyableLog else {
                throw OperationError.unavailable("log and tables are other servers': back up those by their own means")
            }
            let run = BackupRun(
                dataFolder: folder, warehouse: tables, log: log, alongside: [Forgetting.folderName],
                version: CommandLineInterface.version,
                hold: { body in _ = try hold.holdBetweenPlans(of: log, waitingAtMost: restMilliseconds, body) },
                progress: { report.line($0) }, isAbandoned: { report.isAbandoned })
            return try forgetting.exclusively {
                do throws(BackupError) {
                    return end(try run.run(to: target), target)
                } catch {
                    throw OperationError(error)
                }
            }
        }
    }

    private static func end(_ manifest: Manifest, _ target: String) -> OperationEnd {
        OperationEnd(
            isGood: true, "\(target): \(manifest.files.count) files, \(manifest.bytes) bytes, of \(manifest.createdAt)",
            members: "\"files\":\(manifest.files.count),\"bytes\":\(manifest.bytes)")
    }
}

extension OperationError {
    fileprivate init(_ error: BackupError) {
        switch error {
        case .refused(let why): self = .badParameter(why)
        case .damaged, .failed, .abandoned: self = .unavailable(error.description)
        }
    }
}

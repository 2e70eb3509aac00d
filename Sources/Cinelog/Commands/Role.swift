import Backup
import Glibc
import HTTPServer
import Platform

/// What the roles have in common when they start.
struct Role {
    let settings: Settings
    let logger: Logger
    let metrics = MetricsRegistry()
    var signals: Signals

    init(_ name: String, extraSignals: [Int32] = []) throws(SettingError) {
        signals = Signals([SIGTERM, SIGINT, SIGHUP] + extraSignals)
        settings = try Settings.load()
        logger = Logger(
            source: name, level: settings[Declared.logLevel], format: settings[Declared.logFormat])
        for unknown in settings.unknownNames {
            logger.warning("a name in .env is no setting: is it misspelt?", ["name": unknown])
        }
        umask(0o077)
        ProcessMetrics.measure(name, metrics)
    }

    /// The folder of the role's data, made when it is missing.
    func dataDirectory() throws(StartError) -> String {
        let path = settings[Declared.dataDirectory]
        do { try Folder.make(path) } catch { throw StartError("DATA_DIR=\(path): \(error)") }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            throw StartError("DATA_DIR=\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        guard !RestoredFolder(path).isHalfRestored else {
            throw StartError("DATA_DIR=\(path) holds a restore that broke off: run cinelog restore again")
        }
        return path
    }

    /// Where the collector tells its metrics to the store on the same machine.
    static func collectorSocket(_ dataDirectory: String) -> String { dataDirectory + "/collect.sock" }

    /// Where the collector keeps what Kafka has not taken yet.
    static func spoolFolder(_ dataDirectory: String) -> String { dataDirectory + "/spool" }
}

extension HTTPAddress {
    /// As a URL one can click on.
    func url(port: Int) -> String {
        switch self {
        case .tcp(let host, _):
            let shown = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
            return "http://\(shown):\(port)"
        case .unix(let path): return path
        }
    }

    /// The address as a URL; nil where the system picks the port.
    var fixedURL: String? {
        if case .tcp(_, let port) = self, port > 0 { return url(port: port) }
        return nil
    }
}

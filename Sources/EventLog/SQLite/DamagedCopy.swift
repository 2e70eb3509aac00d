internal import Platform

/// How a damaged file is called when it is set aside: `log.sqlite` becomes `log.damaged-20260131T120000123Z.sqlite`.
enum DamagedCopy {
    static func path(of path: String, unixMilliseconds: Int64) -> String {
        let stem = path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path
        let time = Logger.timestamp(unixMilliseconds: unixMilliseconds).filter { $0.isLetter || $0.isNumber }
        return "\(stem).damaged-\(time)\(suffix)"
    }

    /// Beside it.
    static func report(of copy: String) -> String { copy.dropLast(suffix.count) + ".json" }

    /// The events in such a file are as they were.
    static func isOne(_ name: String) -> Bool {
        name.hasPrefix("log.damaged-") && (name.hasSuffix(suffix) || name.hasSuffix(suffix + "-wal"))
    }

    private static let suffix = ".sqlite"
}

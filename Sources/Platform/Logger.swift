import Glibc

public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    case debug, info, warning, error

    public static func < (a: LogLevel, b: LogLevel) -> Bool {
        allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
}

public enum LogFormat: String, CaseIterable, Sendable { case text, json }

/// Structured log lines on standard error, one line an occurrence:
///
///     2026-01-31T12:00:00.123Z info  loader  batch loaded  topic=clicks events=500
///     {"time":"…","level":"info","source":"loader","message":"batch loaded","topic":"clicks","events":"500"}
///
/// No secret and no event's body goes in above debug.
public struct Logger: Sendable {
    public let source: String
    public let level: LogLevel
    public let format: LogFormat

    public init(source: String, level: LogLevel = .info, format: LogFormat = .text) {
        self.source = source
        self.level = level
        self.format = format
    }

    /// The same logger for another part of the program.
    public func named(_ source: String) -> Logger { Logger(source: source, level: level, format: format) }

    public func debug(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.debug, message, fields)
    }
    public func info(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.info, message, fields)
    }
    public func warning(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.warning, message, fields)
    }
    public func error(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.error, message, fields)
    }

    private func write(_ level: LogLevel, _ message: () -> String, _ fields: KeyValuePairs<String, String>) {
        guard level >= self.level else { return }
        let time = Logger.timestamp(unixMilliseconds: Clock.unixMilliseconds())
        var line: String
        switch format {
        case .text:
            let name = level.rawValue + String(repeating: " ", count: 8 - level.rawValue.count)
            line = "\(time) \(name)\(source)  \(Logger.printable(message()))"
            for (key, value) in fields { line += "  \(key)=\(Logger.printable(value))" }
        case .json:
            line = "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"source\":\(Logger.quoted(source))"
            line += ",\"message\":\(Logger.quoted(message()))"
            for (key, value) in fields { line += ",\(Logger.quoted(key)):\(Logger.quoted(value))" }
            line += "}"
        }
        line += "\n"
        // One write(2) a line, so that lines of several threads and processes do not mix.
        line.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }

    /// RFC 3339 in UTC with milliseconds.
    public static func timestamp(unixMilliseconds: Int64) -> String {
        var seconds = time_t(unixMilliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func pad(_ value: some BinaryInteger, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(parts.tm_mon + 1, 2))-\(pad(parts.tm_mday, 2))"
            + "T\(pad(parts.tm_hour, 2)):\(pad(parts.tm_min, 2)):\(pad(parts.tm_sec, 2))"
            + ".\(pad(unixMilliseconds % 1000, 3))Z"
    }

    /// Control characters would let a client's text forge log lines.
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : $0 }))
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

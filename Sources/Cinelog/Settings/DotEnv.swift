import Events
import Glibc

/// `.env` files: `NAME=value` lines, `#` comments, an optional `export `, values bare or in single or double quotes; in
/// double quotes `\n` is a line end, and a quoted value may run over several lines.
enum DotEnv {
    /// The file's settings; none where there is no file.
    static func read(_ path: String) throws(SettingError) -> [String: String] {
        guard access(path, F_OK) == 0 else { return [:] }
        return try parse(text(path), path)
    }

    /// A file's text.
    static func text(_ path: String) throws(SettingError) -> String {
        guard let file = fopen(path, "r") else {
            throw SettingError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        let text = ByteBuffer()
        let chunk = 4096
        while true {
            var got = 0
            text.appendUnsafe(chunk) { out in
                got = fread(out, 1, chunk, file)
                return got
            }
            if got < chunk { break }
        }
        return text.string
    }

    static func parse(_ text: String, _ path: String = ".env") throws(SettingError) -> [String: String] {
        var result: [String: String] = [:]
        var rest = Substring(text)
        var number = 0
        while !rest.isEmpty {
            number += 1
            var line = takeLine(&rest)
            if line.hasPrefix("export ") { line = line.dropFirst(7) }
            let trimmed = line.trimmed
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            guard let equals = trimmed.firstIndex(of: "=") else {
                throw SettingError("\(path), line \(number): NAME=value expected, found \"\(trimmed.prefix(40))\"")
            }
            let name = trimmed[..<equals].trimmed
            var value = trimmed[trimmed.index(after: equals)...].trimmed
            while let quote = openQuote(value), !rest.isEmpty {
                value += "\n" + takeLine(&rest)
                number += 1
                if value.last == quote { break }
            }
            result[name] = unquoted(value)
        }
        return result
    }

    private static func takeLine(_ rest: inout Substring) -> Substring {
        let end = rest.firstIndex(where: \.isNewline) ?? rest.endIndex
        defer { rest = end == rest.endIndex ? "" : rest[rest.index(after: end)...] }
        return rest[..<end]
    }

    /// The quote that a value opens and does not close.
    private static func openQuote(_ value: String) -> Character? {
        guard let first = value.first, first == "\"" || first == "'" else { return nil }
        return value.count > 1 && value.last == first ? nil : first
    }

    private static func unquoted(_ value: String) -> String {
        guard value.count > 1, let first = value.first, value.last == first, first == "\"" || first == "'" else {
            // A comment behind a bare value.
            return (value.split(separator: " #", maxSplits: 1, omittingEmptySubsequences: false).first ?? "").trimmed
        }
        let inner = String(value.dropFirst().dropLast())
        guard first == "\"" else { return inner }
        var result = ""
        var escaped = false
        for character in inner {
            if escaped {
                result.append(character == "n" ? "\n" : character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}

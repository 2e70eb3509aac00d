/// Reads the text of an `.env` file, character by character.
struct DotEnvParser {
    private var rest: Substring
    private let path: String
    private var line = 1

    init(_ text: String, _ path: String) {
        // A byte order mark, as some editors write it.
        rest = text.unicodeScalars.first == "\u{FEFF}" ? Substring(text.unicodeScalars.dropFirst()) : text[...]
        self.path = path
    }

    mutating func parse() throws(SettingError) -> [String: String] {
        var result: [String: String] = [:]
        while true {
            skip(while: \.isWhitespace)
            guard let first = rest.first else { return result }
            if first == "#" {
                skip { !isLineEnd($0) }
            } else {
                let name = try takeName()
                result[name] = try takeValue()
            }
        }
    }

    // MARK: Parts of a line

    /// The name and its `=`.
    private mutating func takeName() throws(SettingError) -> String {
        var words = takeWhile { $0 != "=" && !isLineEnd($0) }.split(whereSeparator: \.isWhitespace)
        if words.count == 2, words[0] == "export" { words.removeFirst() }
        guard rest.first == "=", words.count == 1, isName(words[0]) else {
            throw broken("NAME=value expected", at: line)
        }
        rest.removeFirst()
        return String(words[0])
    }

    private mutating func takeValue() throws(SettingError) -> String {
        let gap = takeWhile(isBlank)
        switch rest.first {
        case "\"", "'": return try takeQuoted(rest.removeFirst())
        // With nothing but a space before it, a # is a comment; right behind the = it belongs to the value.
        case "#" where !gap.isEmpty: return ""
        default: return takeBare()
        }
    }

    /// Up to the line's end or a comment.
    private mutating func takeBare() -> String {
        var value = ""
        while let next = rest.first, !isLineEnd(next) {
            if next == "#", value.last.map(isBlank) ?? false { break }
            value.append(rest.removeFirst())
        }
        skip { !isLineEnd($0) }
        return value.trimmed
    }

    private mutating func takeQuoted(_ quote: Character) throws(SettingError) -> String {
        let opened = line
        var value = ""
        while let next = take() {
            if next == quote {
                try endLine()
                return value
            }
            if next == "\\", quote == "\"" {
                guard let escaped = take() else { break }
                value.append(escaped == "n" ? "\n" : escaped)
            } else {
                value.append(isLineEnd(next) ? "\n" : next)
            }
        }
        throw broken("the value's closing \(quote) is missing", at: opened)
    }

    /// Nothing but a comment may follow a quoted value.
    private mutating func endLine() throws(SettingError) {
        skip(while: isBlank)
        guard let next = rest.first, !isLineEnd(next) else { return }
        guard next == "#" else { throw broken("something follows the value's closing quote", at: line) }
        skip { !isLineEnd($0) }
    }

    private func broken(_ what: String, at line: Int) -> SettingError { SettingError("\(path), line \(line): \(what)") }

    // MARK: Characters

    /// The next character, counting lines.
    private mutating func take() -> Character? {
        guard let next = rest.popFirst() else { return nil }
        if isLineEnd(next) { line += 1 }
        return next
    }

    private mutating func takeWhile(_ belongs: (Character) -> Bool) -> String {
        let taken = rest.prefix(while: belongs)
        rest = rest[taken.endIndex...]
        line += taken.count(where: isLineEnd)
        return String(taken)
    }

    private mutating func skip(while belongs: (Character) -> Bool) { _ = takeWhile(belongs) }
}

/// In Swift a CR and its LF are one character.
private func isLineEnd(_ character: Character) -> Bool {
    character == "\n" || character == "\r\n" || character == "\r"
}

private func isBlank(_ character: Character) -> Bool { character.isWhitespace && !isLineEnd(character) }

private func isName(_ text: Substring) -> Bool {
    !(text.first?.isNumber ?? true)
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
}

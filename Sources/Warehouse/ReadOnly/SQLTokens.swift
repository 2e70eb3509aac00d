/// The tokens of a ClickHouse statement, without white space and comments. Just enough to find a trailing FORMAT and to
/// see which names are called: whether the statement is valid, the engine says.
struct SQLToken: Equatable {
    enum Kind: Equatable {
        /// A keyword, an unquoted name, a number.
        case word
        /// A name in backticks or double quotes, without them.
        case quotedName
        case string
        case symbol
    }

    let kind: Kind
    let text: String
    /// Offsets into the statement's UTF-8.
    let range: Range<Int>

    /// Whether this is the keyword (given in capitals), in any case.
    func isWord(_ keyword: String) -> Bool { kind == .word && text.uppercased() == keyword }
    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
}

/// Reads tokens as ClickHouse's lexer does (src/Parsers/Lexer.cpp).
struct SQLTokenizer {
    private let bytes: [UInt8]
    private var position = 0

    /// The tokens, or nil where a quote or a comment is not closed.
    static func tokens(_ sql: String) -> [SQLToken]? {
        var tokenizer = SQLTokenizer(bytes: Array(sql.utf8))
        var tokens: [SQLToken] = []
        while true {
            guard tokenizer.skipBlanks() else { return nil }
            guard tokenizer.position < tokenizer.bytes.count else { return tokens }
            guard let token = tokenizer.next() else { return nil }
            tokens.append(token)
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func starts(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard position + length <= bytes.count else { return false }
        return (0..<length).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
    }

    /// Skips white space and comments; false where a comment is not closed.
    private mutating func skipBlanks() -> Bool {
        while position < bytes.count {
            if bytes[position] <= 0x20 {
                position += 1
            } else if starts("--") || starts("#!") || starts("# ") {
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            } else if starts("/*") {
                position += 2
                while position < bytes.count, !starts("*/") { position += 1 }
                guard position < bytes.count else { return false }
                position += 2
            } else {
                return true
            }
        }
        return true
    }

    private mutating func next() -> SQLToken? {
        let start = position
        switch bytes[position] {
        case UInt8(ascii: "'"): return quoted(.string, start, by: "'")
        case UInt8(ascii: "`"): return quoted(.quotedName, start, by: "`")
        case UInt8(ascii: "\""): return quoted(.quotedName, start, by: "\"")
        case UInt8(ascii: "$"): return heredocument(start) ?? symbol(start)
        case let byte where SQLTokenizer.isWordByte(byte):
            while position < bytes.count, SQLTokenizer.isWordByte(bytes[position]) { position += 1 }
            return token(.word, start..<position, start..<position)
        default:
            if starts("\u{2018}") { return enclosed(.string, start, "\u{2019}") }
            if starts("\u{201C}") { return enclosed(.quotedName, start, "\u{201D}") }
            return symbol(start)
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private mutating func symbol(_ start: Int) -> SQLToken {
        position = start + 1
        while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
        return token(.symbol, start..<position, start..<position)
    }

    /// Between two of the same quote; a backslash escapes, a doubled quote is one.
    private mutating func quoted(_ kind: SQLToken.Kind, _ start: Int, by quote: Unicode.Scalar) -> SQLToken? {
        let quote = UInt8(ascii: quote)
        position += 1
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\\") {
                position += 2
            } else if bytes[position] != quote {
                position += 1
            } else if position + 1 < bytes.count, bytes[position + 1] == quote {
                position += 2
            } else {
                position += 1
                return token(kind, start + 1..<position - 1, start..<position)
            }
        }
        return nil
    }

    /// Between two marks, of which the first has been seen.
    private mutating func enclosed(_ kind: SQLToken.Kind, _ start: Int, _ end: StaticString) -> SQLToken? {
        position += 3
        while position < bytes.count, !starts(end) { position += 1 }
        guard position < bytes.count else { return nil }
        position += end.utf8CodeUnitCount
        return token(kind, start + 3..<position - end.utf8CodeUnitCount, start..<position)
    }

    /// `$tag$ … $tag$`; nil, with nothing read, where a `$` begins no such thing.
    private mutating func heredocument(_ start: Int) -> SQLToken? {
        var end = start + 1
        while end < bytes.count, SQLTokenizer.isWordByte(bytes[end]) { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else { return nil }
        let tag = bytes[start...end]
        var closing = end + 1
        while closing + tag.count <= bytes.count {
            if bytes[closing..<closing + tag.count].elementsEqual(tag) {
                position = closing + tag.count
                return token(.string, end + 1..<closing, start..<position)
            }
            closing += 1
        }
        return nil
    }

    private func token(_ kind: SQLToken.Kind, _ text: Range<Int>, _ range: Range<Int>) -> SQLToken {
        SQLToken(kind: kind, text: String(decoding: bytes[text], as: UTF8.self), range: range)
    }
}

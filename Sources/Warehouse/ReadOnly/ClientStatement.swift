/// A client's SQL, taken apart: the statement without its end (`;`, FORMAT), and what kind it says it is.
struct ClientStatement: Equatable {
    enum Kind: Equatable {
        /// SELECT, WITH, FROM or a parenthesis: runs as a subquery.
        case select
        /// EXPLAIN: runs as a subquery too.
        case explain
        /// SHOW, DESCRIBE, EXISTS: cannot be a subquery; answers a few rows of text.
        case about
    }

    let kind: Kind
    /// Without `;` and FORMAT.
    let sql: String
    /// Of a trailing `FORMAT X`.
    let format: String?
    let tokens: [SQLToken]

    private static let lengthMax = 262_144

    init(_ text: String) throws(WarehouseError) {
        guard text.utf8.count <= ClientStatement.lengthMax else {
            throw .badQuery("The statement is longer than \(ClientStatement.lengthMax) bytes")
        }
        // The engine takes a NUL for the end: what follows would be judged here and not there.
        guard !text.utf8.contains(0) else { throw .badQuery("The statement holds a NUL character") }
        guard var tokens = SQLTokenizer.tokens(text) else { throw .badQuery("A quote or a comment is not closed") }
        while tokens.last?.isSymbol(";") == true { tokens.removeLast() }
        guard let first = tokens.first else { throw .badQuery("The statement is empty") }
        kind = try ClientStatement.kind(first)
        format = ClientStatement.takeFormat(&tokens)
        let end = tokens.last?.range.upperBound ?? 0
        sql = String(decoding: Array(text.utf8)[..<end], as: UTF8.self)
        self.tokens = tokens
    }

    private static func kind(_ first: SQLToken) throws(WarehouseError) -> Kind {
        if first.isSymbol("(") || ["SELECT", "WITH", "FROM"].contains(where: first.isWord) { return .select }
        if first.isWord("EXPLAIN") { return .explain }
        if ["SHOW", "DESCRIBE", "DESC", "EXISTS"].contains(where: first.isWord) { return .about }
        throw .badQuery(
            "Only SELECT, WITH, EXPLAIN, SHOW, DESCRIBE and EXISTS are allowed here, not \(first.text.prefix(32))")
    }

    /// Takes `FORMAT X` off the end. Not `t.format x` and not a lone `format`.
    private static func takeFormat(_ tokens: inout [SQLToken]) -> String? {
        guard tokens.count > 2, let name = tokens.last, name.kind == .word,
            tokens[tokens.count - 2].isWord("FORMAT"), !tokens[tokens.count - 3].isSymbol(".")
        else { return nil }
        tokens.removeLast(2)
        return name.text
    }
}

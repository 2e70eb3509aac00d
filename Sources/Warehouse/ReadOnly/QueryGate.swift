/// Decides whether a client's statement only reads, and only what it may: from the tree that the engine itself makes of
/// it (`EXPLAIN AST`), so that no second parser has to agree with the first.
///
/// The tree's lines are `<indentation><Kind> <name> (alias …) (children n)`. Names that a client chooses may imitate lines;
/// that can only add what is refused, never hide it: each line is judged by itself, but for table functions, whose
/// parent's line is the one before.
struct QueryGate {
    /// Names of table functions, in lower case, that are no scalar functions too.
    let tableFunctions: Set<String>

    /// What is not allowed in the statement; nil when all is. `tree`: the lines of `EXPLAIN AST`.
    func refusal(of statement: ClientStatement, tree: [String]) -> String? {
        do throws(Refusal) { try check(statement, tree) } catch { return error.reason }
        return nil
    }

    /// The same from its words alone, for a server that shows no tree. Coarser: what only looks like something forbidden is refused
    /// too, such as a column of the name `system`.
    func refusal(ofWords statement: ClientStatement) -> String? {
        do throws(Refusal) {
            try checkTokens(statement)
            if statement.kind == .about { try checkTexts(statement) }
            try checkWords(statement.tokens)
        } catch { return error.reason }
        return nil
    }

    private func checkWords(_ tokens: [SQLToken]) throws(Refusal) {
        for (index, token) in tokens.enumerated() {
            if token.isWord("SETTINGS") || token.isWord("OUTFILE") || token.isWord("FORMAT") {
                throw Refusal("SETTINGS, INTO OUTFILE and FORMAT within the statement are not allowed here")
            }
            guard token.kind == .word || token.kind == .quotedName, token.text.lowercased() == "system" else {
                continue
            }
            let name = index + 2 < tokens.count && tokens[index + 1].isSymbol(".") ? tokens[index + 2].text : ""
            guard GateRules.allowedSystemTables.contains(name.lowercased()) else {
                throw Refusal("system.\(name) may not be read here")
            }
        }
        if tokens[0].isWord("SHOW") {
            let subject = tokens.count > 1 ? tokens[1] : tokens[0]
            guard ["TABLES", "DATABASES", "CREATE"].contains(where: subject.isWord) else {
                throw Refusal("Only SHOW TABLES, SHOW DATABASES and SHOW CREATE TABLE are allowed here")
            }
        }
    }

    private struct Refusal: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private func check(_ statement: ClientStatement, _ tree: [String]) throws(Refusal) {
        try checkTokens(statement)
        if statement.kind == .about { try checkTexts(statement) }
        let nodes = tree.map(Node.init)
        try checkRoot(statement, nodes)
        for (index, node) in nodes.enumerated().dropFirst(statement.kind == .select ? 0 : 1) {
            try check(node, parent: index > 0 ? nodes[index - 1] : nil)
        }
    }

    private struct Node {
        let kind: String
        let name: String
        let children: Int
        /// As the tree writes it, without indentation.
        let text: String

        init(_ line: String) {
            let text = String(line.drop { $0 == " " })
            let words = text.split(separator: " ", maxSplits: 1)
            let rest = words.count > 1 ? String(words[1]) : ""
            self.text = text
            kind = words.first.map(String.init) ?? ""
            name = rest.hasPrefix("(") ? "" : rest.firstRange(of: " (").map { String(rest[..<$0.lowerBound]) } ?? rest
            children =
                text.firstRange(of: "(children ").flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
        }
    }

    /// A second net under the tree: no denied function is called by name anywhere, whatever the tree shows of it.
    private func checkTokens(_ statement: ClientStatement) throws(Refusal) {
        for (index, token) in statement.tokens.enumerated() where token.kind != .symbol && token.kind != .string {
            if token.kind == .quotedName, token.text.unicodeScalars.contains(where: { $0 == "\\" || $0.value < 0x20 }) {
                throw Refusal("Quoted names with backslashes or control characters are not allowed here")
            }
            let isCalled = index + 1 < statement.tokens.count && statement.tokens[index + 1].isSymbol("(")
            if isCalled { try checkCall(token.text) }
        }
    }

    /// The engine turns some of these into SELECTs by putting their texts together: nothing in them may end a quote.
    private func checkTexts(_ statement: ClientStatement) throws(Refusal) {
        for token in statement.tokens where token.kind == .string || token.kind == .quotedName {
            if token.text.contains(where: { "'\"`\\".contains($0) }) {
                throw Refusal("Quotes and backslashes in names and texts are not allowed here")
            }
        }
    }

    private func checkCall(_ name: String) throws(Refusal) {
        let lowercase = name.lowercased()
        guard !GateRules.isDenied(function: lowercase) else {
            throw Refusal("The function \(name) is not allowed here")
        }
        if tableFunctions.contains(lowercase), !GateRules.allowedTableFunctions.contains(lowercase) {
            throw Refusal("The table function \(name) is not allowed here")
        }
    }

    private func checkRoot(_ statement: ClientStatement, _ nodes: [Node]) throws(Refusal) {
        guard let root = nodes.first else { throw Refusal("The statement is empty") }
        switch statement.kind {
        case .select:
            guard root.kind == "SelectWithUnionQuery" else { throw refused(root) }
        case .explain: try checkExplain(root, nodes)
        case .about: try checkAbout(root, statement)
        }
    }

    /// EXPLAIN of a SELECT, perhaps with options of EXPLAIN's own (which show as a Set before the SELECT).
    private func checkExplain(_ root: Node, _ nodes: [Node]) throws(Refusal) {
        guard root.kind == "Explain", nodes.count > 1 else { throw refused(root) }
        let hasOptions = nodes[1].kind == "Set" && nodes[1].children == 0
        let subject = hasOptions ? 2 : 1
        guard root.children == subject, nodes.count > subject, nodes[subject].kind == "SelectWithUnionQuery" else {
            throw Refusal("Only a SELECT can be explained here, without settings")
        }
    }

    private static let aboutRoots: Set<String> = [
        "ShowTables", "ShowColumns", "ShowCreateTableQuery", "ShowCreateViewQuery", "DescribeQuery",
        "ExistsTableQuery", "ExistsViewQuery", "ExistsDatabaseQuery",
    ]

    /// ShowTables is also what SHOW SETTINGS, CLUSTERS and others become; their WHERE does not show in the tree.
    private func checkAbout(_ root: Node, _ statement: ClientStatement) throws(Refusal) {
        let isShow = statement.tokens[0].isWord("SHOW")
        let subjects = ["TABLES", "DATABASES", "COLUMNS", "FIELDS", "CREATE"]
        let isShowAllowed = statement.tokens.dropFirst().prefix(3).contains { token in
            subjects.contains(where: token.isWord)
        }
        guard QueryGate.aboutRoots.contains(root.kind), !isShow || isShowAllowed,
            !isShow || !statement.tokens.contains(where: { $0.isWord("WHERE") })
        else {
            throw Refusal(
                "Only SHOW TABLES, SHOW DATABASES, SHOW COLUMNS, SHOW CREATE TABLE, DESCRIBE and EXISTS, without WHERE: "
                    + "SELECT from system.tables, system.columns or system.databases instead")
        }
    }

    private func check(_ node: Node, parent: Node?) throws(Refusal) {
        let isExplainOptions = node.kind == "Set" && parent?.kind == "Explain"
        guard GateRules.allowedNodes.contains(node.kind) || isExplainOptions else { throw refused(node) }
        switch node.kind {
        case "SelectWithUnionQuery" where node.children != 1:
            throw Refusal("SETTINGS, INTO OUTFILE and FORMAT within the statement are not allowed here")
        case "Function":
            try checkCall(node.name)
            if parent?.kind == "TableExpression", !GateRules.allowedTableFunctions.contains(node.name.lowercased()) {
                throw Refusal("The table function \(node.name) is not allowed here")
            }
        case "TableIdentifier", "Identifier":
            guard GateRules.isAllowed(table: node.name) else { throw Refusal("\(node.name) may not be read here") }
        default: break
        }
    }

    private func refused(_ node: Node) -> Refusal {
        switch node.kind {
        case "Set": Refusal("SETTINGS are not allowed here")
        case "ColumnsApplyTransformer": Refusal("APPLY is not allowed here")
        default: Refusal("Only reading is allowed here, not \(node.text.prefix(80))")
        }
    }
}

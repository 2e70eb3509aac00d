/// What a client's SQL may name: the lists behind `QueryGate`. Names are compared in lower case.
enum GateRules {
    /// Functions that read files, the network, secrets or the process, that wait, or that reach other tables by a name in
    /// a string (from `SELECT name FROM system.functions` of 26.9).
    static let deniedFunctions: Set<String> = [
        "file", "catboostevaluate", "evalmlmethod", "executable",
        "sleep", "sleepeachrow", "logtrace", "trap", "fuzzquery", "fuzzjson", "hasthreadfuzzer",
        "getsetting", "getsettingordefault", "getserversetting", "getmergetreesetting", "getmacro", "getserverport",
        "tcpport", "getclienthttpheader", "getoskernelversion", "getmaxtablenamelengthfordatabase",
        "hostname", "fullhostname", "fqdn", "serveruuid", "buildid", "tid", "connectionid", "connection_id",
        "currentrequesturl", "currenthandler", "zookeepersessionuptime", "showcertificate", "generateserialid",
        "addresstoline", "addresstolinewithinlines", "addresstosymbol", "demangle",
        "filesystemavailable", "filesystemcapacity", "filesystemunreserved",
        "joinget", "joingetornull", "hascolumnintable", "globalvariable",
        "lemmatize", "synonyms", "stem", "detectlanguage", "detectlanguagemixed", "detectlanguageunknown",
        "detectcharset", "detecttonality", "detectprogramminglanguage",
        "transactionid", "transactionlatestsnapshot", "transactionoldestsnapshot",
    ]

    /// Families of such functions: dictionaries, language models, classifiers from files, internals.
    static let deniedFunctionPrefixes = ["dict", "ai", "region", "naivebayes", "__", "iceberg"]

    /// Table functions that make or transform rows and read nothing. Not `values` and `null`: the structure that they take
    /// as a text may hold expressions (`'a String ALIAS file(…)'`), which the tree does not show.
    static let allowedTableFunctions: Set<String> = [
        "numbers", "numbers_mt", "zeros", "zeros_mt", "generateseries", "generate_series", "primes", "view",
    ]

    /// Tables of the engine about the schema and itself, without settings, users, queries, paths of secrets or stacks.
    static let allowedSystemTables: Set<String> = [
        "one", "numbers", "numbers_mt", "zeros", "zeros_mt", "primes",
        "tables", "columns", "databases", "parts", "parts_columns", "data_skipping_indices", "projections",
        "functions", "table_functions", "aggregate_function_combinators", "data_type_families", "formats",
        "table_engines", "codecs", "collations", "time_zones", "keywords", "licenses", "contributors",
    ]

    static let allowedInformationSchemaTables: Set<String> = ["tables", "columns", "views", "schemata"]

    /// What `EXPLAIN AST` may show. A kind that is not here is refused: unknown, or known to hide what it holds
    /// (ColumnsApplyTransformer: the function that APPLY calls does not show).
    static let allowedNodes: Set<String> = [
        "SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery", "ExpressionList", "Subquery",
        "WithElement",
        "Asterisk", "QualifiedAsterisk", "ColumnsRegexpMatcher", "ColumnsListMatcher", "QualifiedColumnsRegexpMatcher",
        "QualifiedColumnsListMatcher", "ColumnsTransformerList", "ColumnsExceptTransformer",
        "ColumnsReplaceTransformer",
        "ColumnsReplaceTransformer::Replacement",
        "TablesInSelectQuery", "TablesInSelectQueryElement", "TableExpression", "TableIdentifier", "TableJoin",
        "ArrayJoin", "SampleRatio", "OrderByElement", "InterpolateElement", "WindowDefinition", "WindowListElement",
        "Function", "Identifier", "Literal",
    ]

    static func isDenied(function name: String) -> Bool {
        let name = name.lowercased()
        if deniedFunctions.contains(name) { return true }
        return deniedFunctionPrefixes.contains { name.hasPrefix($0) }
    }

    /// Whether a table's name, as the tree writes it, may be read.
    static func isAllowed(table name: String) -> Bool {
        let parts = name.lowercased().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return true }
        switch parts[0] {
        case "system": return allowedSystemTables.contains(String(parts[1]))
        case "information_schema": return allowedInformationSchemaTables.contains(String(parts[1]))
        default: return true
        }
    }
}

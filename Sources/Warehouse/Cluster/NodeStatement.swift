import Events

/// One statement for one node, over ClickHouse's HTTP interface (https://clickhouse.com/docs/interfaces/http).
struct NodeStatement {
    let sql: String
    /// Settings of the statement, and the interface's own parameters, by name. Their order counts: after `readonly` nothing can be
    /// set.
    var parameters: [(name: String, value: String)] = []
    /// What an INSERT inserts.
    var lines: UnsafeRawBufferPointer?
    /// In the place of the node's.
    var timeoutMilliseconds: Int?

    /// The path and query for a POST.
    var target: String {
        var all: [(name: String, value: String)] = [("database", "default")]
        if lines != nil { all.append(("query", sql)) }
        // The whole answer, or an error's status: never an answer that breaks off in the middle and looks like the end.
        all += [("wait_end_of_query", "1"), ("enable_http_compression", "1")]
        all += parameters
        return "/?" + all.map { "\($0.name)=\(NodeStatement.encoded($0.value))" }.joined(separator: "&")
    }

    /// Percent-encoded but for the unreserved (RFC 3986, 2.3).
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why a node gave no answer.
enum NodeFailure: Error {
    /// No connection, no answer in time, or none of ClickHouse's: whether the statement ran is not known.
    case away(String)
    /// ClickHouse's own error.
    case server(EngineFailure)
    /// Nothing is wrong with the node: there is no turn, or all is closed.
    case here(WarehouseError)
}

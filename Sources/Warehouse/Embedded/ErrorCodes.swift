/// What ClickHouse's error codes mean to the house
/// (https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp).
enum ErrorCodes {
    /// Of an insert: the lines are at fault, and would be again.
    private static let content: Set<Int> = [
        6,  // CANNOT_PARSE_TEXT
        25,  // CANNOT_PARSE_ESCAPE_SEQUENCE
        26,  // CANNOT_PARSE_QUOTED_STRING
        27,  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
        33,  // CANNOT_READ_ALL_DATA
        38,  // CANNOT_PARSE_DATE
        41,  // CANNOT_PARSE_DATETIME
        53,  // TYPE_MISMATCH
        69,  // ARGUMENT_OUT_OF_BOUND
        70,  // CANNOT_CONVERT_TYPE
        72,  // CANNOT_PARSE_NUMBER
        117,  // INCORRECT_DATA: an unknown key too
        120,  // CANNOT_INSERT_VALUE_OF_DIFFERENT_SIZE_INTO_TUPLE
        128,  // TOO_LARGE_ARRAY_SIZE
        130,  // CANNOT_READ_ARRAY_FROM_TEXT
        131,  // TOO_LARGE_STRING_SIZE
        306,  // TOO_DEEP_RECURSION
        321,  // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        376,  // CANNOT_PARSE_UUID
        407,  // DECIMAL_OVERFLOW
        441,  // CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING
        467,  // CANNOT_PARSE_BOOL
    ]

    /// A limit on a statement's rows, time, memory or size was reached.
    private static let limits: Set<Int> = [
        158,  // TOO_MANY_ROWS
        159,  // TIMEOUT_EXCEEDED
        160,  // TOO_SLOW
        161,  // TOO_MANY_COLUMNS
        162,  // TOO_DEEP_SUBQUERIES
        165,  // TOO_MANY_TEMPORARY_COLUMNS
        166,  // TOO_MANY_TEMPORARY_NON_CONST_COLUMNS
        167,  // TOO_DEEP_AST
        168,  // TOO_BIG_AST
        173,  // CANNOT_ALLOCATE_MEMORY
        191,  // SET_SIZE_LIMIT_EXCEEDED
        202,  // TOO_MANY_SIMULTANEOUS_QUERIES
        241,  // MEMORY_LIMIT_EXCEEDED
        290,  // LIMIT_EXCEEDED
        306,  // TOO_DEEP_RECURSION
        307,  // TOO_MANY_BYTES
        396,  // TOO_MANY_ROWS_OR_BYTES
        776,  // RESOURCE_LIMIT_EXCEEDED
    ]

    /// Nothing is wrong with the statement, the engine or the machine cannot now.
    private static let outages: Set<Int> = [
        0,  // no code: not an answer of ClickHouse's
        32,  // ATTEMPT_TO_READ_AFTER_EOF: a connection between nodes broke
        74,  // CANNOT_READ_FROM_FILE_DESCRIPTOR
        75,  // CANNOT_WRITE_TO_FILE_DESCRIPTOR
        76,  // CANNOT_OPEN_FILE
        95,  // CANNOT_READ_FROM_SOCKET
        96,  // CANNOT_WRITE_TO_SOCKET
        101,  // UNEXPECTED_PACKET_FROM_SERVER
        198,  // DNS_ERROR
        203,  // NO_FREE_CONNECTION
        209,  // SOCKET_TIMEOUT
        210,  // NETWORK_ERROR
        225,  // NO_ZOOKEEPER
        236,  // ABORTED
        242,  // TABLE_IS_READ_ONLY: no ZooKeeper
        243,  // NOT_ENOUGH_SPACE
        252,  // TOO_MANY_PARTS
        279,  // ALL_CONNECTION_TRIES_FAILED
        286,  // UNSATISFIED_QUORUM
        298,  // CANNOT_PIPE
        319,  // UNKNOWN_STATUS_OF_INSERT
        369,  // ALL_REPLICAS_ARE_STALE
        394,  // QUERY_WAS_CANCELLED
        439,  // CANNOT_SCHEDULE_TASK
        999,  // KEEPER_EXCEPTION
        1000,  // POCO_EXCEPTION: the network between nodes, to old servers
    ]

    static func ofInsert(_ failure: EngineFailure) -> WarehouseError {
        let message = readable(failure.message)
        if content.contains(failure.code) { return .refusedContent(message) }
        return outages.contains(failure.code) || limits.contains(failure.code)
            ? .unavailable(message) : .failed(message)
    }

    /// A client's statement.
    static func ofClient(_ failure: EngineFailure) -> WarehouseError {
        let message = readable(failure.message)
        if limits.contains(failure.code) { return .limit(message) }
        return outages.contains(failure.code) ? .unavailable(message) : .badQuery(message)
    }

    /// A statement of the house's own: a limit then is the machine's, not the caller's.
    static func ofHouse(_ failure: EngineFailure) -> WarehouseError {
        let error = ofClient(failure)
        if case .limit(let message) = error { return .unavailable(message) }
        return error
    }

    /// The message without stack trace and without the places where the house's own statement or files show through;
    /// the error's name, which ends it, stays.
    static func readable(_ message: String) -> String {
        let markers = [", Stack trace", "\n: (in file/uri", ": (in file/uri", ": While executing", ": while executing"]
        let cuts = markers.compactMap { message.firstRange(of: $0)?.lowerBound }
        guard let cut = cuts.min() else { return String(message.prefix(lengthMax)) }
        let name = message.lastIndex(of: "(").map { " " + message[$0...] } ?? ""
        return String(message[..<cut].prefix(lengthMax)) + (name.hasSuffix(")") ? name : "")
    }

    /// Characters; a statement may be echoed in full.
    private static let lengthMax = 2_000
}

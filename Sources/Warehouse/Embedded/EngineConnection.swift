import CADBC
import Glibc

/// One session with the engine: an ADBC connection. One statement at a time; the pool sees to that.
///
/// `@unchecked Sendable`: used by one thread at a time, on whichever thread holds it.
final class EngineConnection: @unchecked Sendable {
    private let database: EngineDatabase
    private let handle: UnsafeMutablePointer<AdbcConnection>

    private var driver: UnsafeMutablePointer<AdbcDriver> { database.engine.driver }

    init(_ database: EngineDatabase) throws(EngineFailure) {
        self.database = database
        let handle = UnsafeMutablePointer<AdbcConnection>.allocate(capacity: 1)
        handle.initialize(to: AdbcConnection())
        self.handle = handle
        let driver = database.engine.driver
        try engineCall { driver.pointee.ConnectionNew(handle, $0) }
        try engineCall { driver.pointee.ConnectionInit(handle, database.handle, $0) }
    }

    deinit {
        var error = AdbcError()
        _ = driver.pointee.ConnectionRelease(handle, &error)
        error.release?(&error)
        handle.deallocate()
    }

    /// Runs a statement and drops its result. Answers the rows written, -1 where the statement writes none.
    @discardableResult
    func run(_ sql: String) throws(EngineFailure) -> Int64 {
        var rows: Int64 = -1
        try withStatement(sql) { (statement) throws(EngineFailure) in
            let driver = driver
            try engineCall { driver.pointee.StatementExecuteQuery(statement, nil, &rows, $0) }
        }
        return rows
    }

    /// Runs a query whose columns are text or UInt8 and answers all of it. For small answers of the engine about itself.
    func rows(_ sql: String) throws(EngineFailure) -> TextRows {
        var stream = try stream(sql)
        defer { stream.release?(&stream) }
        return try TextRows(reading: &stream)
    }

    /// Runs a query of one text column and hands its rows' texts on, end to end.
    func texts(_ sql: String, _ sink: (UnsafeRawBufferPointer) -> Void) throws(EngineFailure) {
        var stream = try stream(sql)
        defer { stream.release?(&stream) }
        try TextRows.texts(reading: &stream, sink)
    }

    /// The caller releases it.
    private func stream(_ sql: String) throws(EngineFailure) -> ArrowArrayStream {
        var stream = ArrowArrayStream()
        try withStatement(sql) { (statement) throws(EngineFailure) in
            let driver = driver
            try engineCall { driver.pointee.StatementExecuteQuery(statement, &stream, nil, $0) }
        }
        return stream
    }

    private func withStatement(
        _ sql: String, _ body: (UnsafeMutablePointer<AdbcStatement>) throws(EngineFailure) -> Void
    )
        throws(EngineFailure)
    {
        let statement = UnsafeMutablePointer<AdbcStatement>.allocate(capacity: 1)
        statement.initialize(to: AdbcStatement())
        defer { statement.deallocate() }
        let driver = driver
        let handle = handle
        try engineCall { driver.pointee.StatementNew(handle, statement, $0) }
        defer {
            var error = AdbcError()
            _ = driver.pointee.StatementRelease(statement, &error)
            error.release?(&error)
        }
        try engineCall { driver.pointee.StatementSetSqlQuery(statement, sql, $0) }
        try body(statement)
    }
}

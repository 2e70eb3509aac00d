public import EventLog
public import Platform
public import Warehouse

/// Why an erasure could not be begun, or goes on later. What was begun is not forgotten: it is tried again, after a restart too.
public enum ForgettingError: Error, Sendable, Equatable, CustomStringConvertible {
    case log(ReadError)
    case warehouse(WarehouseError)
    case files(FileError)
    /// Not possible now; the text says why and what to do.
    case refused(String)

    public var description: String {
        switch self {
        case .log(.unavailable(let why)), .log(.damaged(let why)): "the log: \(why)"
        case .warehouse(.unavailable(let why)), .warehouse(.refusedContent(let why)), .warehouse(.badQuery(let why)),
            .warehouse(.limit(let why)), .warehouse(.failed(let why)):
            "the tables: \(why)"
        case .files(let error): error.description
        case .refused(let why): why
        }
    }
}

func withLog<Result>(_ body: () throws(ReadError) -> Result) throws(ForgettingError) -> Result {
    do {
        return try body()
    } catch {
        throw .log(error)
    }
}

func withTables<Result>(_ body: () throws(WarehouseError) -> Result) throws(ForgettingError) -> Result {
    do {
        return try body()
    } catch {
        throw .warehouse(error)
    }
}

func withFiles<Result>(_ body: () throws(FileError) -> Result) throws(ForgettingError) -> Result {
    do {
        return try body()
    } catch {
        throw .files(error)
    }
}

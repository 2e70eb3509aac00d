public import EventLog
public import Platform
public import Warehouse

/// Why there is no backup, or nothing was restored. Nothing half is left in either case.
public enum BackupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was asked for cannot be done there; the text says why and what can.
    case refused(String)
    /// The backup is damaged, or not a backup; the text says where.
    case damaged(String)
    /// Something failed on the way.
    case failed(String)
    /// Whoever ordered it has gone.
    case abandoned

    public init(_ error: FileError) {
        self = .failed(error.isFull ? "\(error): make room and begin again" : error.description)
    }

    public init(_ error: WarehouseError) {
        switch error {
        case .unavailable(let why), .failed(let why), .refusedContent(let why), .badQuery(let why), .limit(let why):
            self = .failed("the tables: \(why)")
        }
    }

    public init(_ error: ReadError) {
        switch error {
        case .unavailable(let why), .damaged(let why): self = .failed("the log: \(why)")
        }
    }

    init(any error: any Error) {
        switch error {
        case let error as BackupError: self = error
        case let error as WarehouseError: self.init(error)
        case let error as ReadError: self.init(error)
        default: self = .failed("\(error)")
        }
    }

    public var description: String {
        switch self {
        case .refused(let why), .damaged(let why), .failed(let why): why
        case .abandoned: "broken off: whoever ordered it has gone"
        }
    }
}

/// Runs what files need, in this room's error.
func withFiles<Result>(_ body: () throws(FileError) -> Result) throws(BackupError) -> Result {
    do {
        return try body()
    } catch {
        throw BackupError(error)
    }
}

import EventLog
import Warehouse

/// Why a step of loading could not be taken. All are tried again.
enum LoadFailure: Error {
    /// The log is not there yet, or busy.
    case logAway(String)
    /// The log is damaged as a whole: a person has to look.
    case log(String)
    /// The warehouse is away, slow, full.
    case warehouse(String)
    /// The warehouse says something that is not known to pass by itself.
    case unknown(String)
    /// Told to stop halfway; the plan is finished after the next start.
    case cancelled

    init(_ error: ReadError) {
        switch error {
        case .unavailable(let why): self = .logAway(why)
        case .damaged(let why): self = .log(why)
        }
    }

    init(_ error: WarehouseError) {
        switch error {
        case .unavailable(let why), .refusedContent(let why), .badQuery(let why), .limit(let why):
            self = .warehouse(why)
        case .failed(let why): self = .unknown(why)
        }
    }

    var reason: String {
        switch self {
        case .logAway(let why), .log(let why), .warehouse(let why), .unknown(let why): why
        case .cancelled: "stopping"
        }
    }

    /// Failures of one state are logged once.
    var state: String {
        switch self {
        case .logAway: "log away"
        case .log: "log"
        case .warehouse, .unknown: "warehouse"
        case .cancelled: "stopping"
        }
    }

    /// A log that is not there yet is no failure: the collector makes it with the first event.
    var isCounted: Bool {
        if case .logAway = self { return false }
        return true
    }
}

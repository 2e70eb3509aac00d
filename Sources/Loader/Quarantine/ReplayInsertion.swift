import Events
import Warehouse

/// Inserts a page's events of one kind, by halves where the table does not take them together.
struct ReplayInsertion {
    private let kind: EventKind
    private let stream: QuarantineStream
    private let check: Recheck
    private let warehouse: any Warehouse
    private let out = ByteBuffer()
    /// Events that the table did not take, with its words.
    private(set) var refused: [(event: PassedEvent, reason: String)] = []
    /// Events that failed for a reason that is not known: theirs, or the warehouse's?
    private var suspects: [(event: PassedEvent, reason: String)] = []
    private var insertedCount = 0

    /// So many events that fail by themselves, before a single one went in, mean that nothing does.
    private static let suspectsMax = 16

    init(_ kind: EventKind, _ stream: QuarantineStream, _ check: Recheck, _ warehouse: any Warehouse) {
        self.kind = kind
        self.stream = stream
        self.check = check
        self.warehouse = warehouse
    }

    /// Throws where it is the warehouse that fails: then what went in is found there by the next run.
    mutating func run(_ events: [PassedEvent]) throws(WarehouseError) {
        try insert(events[...])
        guard let suspect = suspects.first else { return }
        // Those that fail beside others that do not are at fault; so is a single one before a table that answers.
        if insertedCount == 0, refused.isEmpty {
            guard suspects.count == 1 else { throw .failed(suspect.reason) }
            let table = warehouse.dialect.allRows(EventTable.of(kind))
            _ = try warehouse.text("SELECT count() FROM \(table) WHERE 0")
        }
        refused += suspects
        suspects = []
    }

    private mutating func insert(_ events: ArraySlice<PassedEvent>) throws(WarehouseError) {
        guard let first = events.first else { return }
        out.clear()
        for event in events { out.append(check.line(event)) }
        do throws(WarehouseError) {
            let token = stream.token(kind.topic, events.map(\.row.position))
            try warehouse.insert(out.bytes, into: .events(kind), token: token)
            insertedCount += events.count
        } catch {
            if events.count == 1 { return try blame(first, error) }
            switch error {
            case .refusedContent, .failed: try halve(events)
            case .unavailable, .badQuery, .limit: throw error
            }
        }
    }

    private mutating func halve(_ events: ArraySlice<PassedEvent>) throws(WarehouseError) {
        let middle = events.startIndex + events.count / 2
        try insert(events[..<middle])
        try insert(events[middle...])
    }

    private mutating func blame(_ event: PassedEvent, _ error: WarehouseError) throws(WarehouseError) {
        switch error {
        case .refusedContent(let reason): refused.append((event, reason))
        case .failed(let reason):
            suspects.append((event, reason))
            let works = insertedCount > 0 || !refused.isEmpty
            if !works, suspects.count > ReplayInsertion.suspectsMax { throw error }
        case .unavailable, .badQuery, .limit: throw error
        }
    }
}

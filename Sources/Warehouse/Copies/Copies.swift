public import Events

/// Where the tables of events may hold an event more than once, at one moment. What is read there is read with FINAL.
public struct Copies: Sendable {
    private let hours: [EventKind: HourSet]
    private let changes: UInt64

    /// Nothing is known.
    public static let anywhere = Copies([:], changes: 0)

    init(_ hours: [EventKind: HourSet], changes: UInt64) {
        self.hours = hours
        self.changes = changes
    }

    public func hours(_ kind: EventKind) -> HourSet { hours[kind] ?? .all }

    /// Whether what was known before still held until `later` was asked for.
    public func holds(until later: Copies) -> Bool { hours.isEmpty || changes == later.changes }
}

public import Events

/// Where the tables of events may hold an event more than once, at one moment. What is read there is read with FINAL.
public struct Copies: Sendable {
    private let slices: [EventKind: SliceSet]
    private let changes: UInt64

    /// Nothing is known.
    public static let anywhere = Copies([:], changes: 0)

    init(_ slices: [EventKind: SliceSet], changes: UInt64) {
        self.slices = slices
        self.changes = changes
    }

    public func slices(_ kind: EventKind) -> SliceSet { slices[kind] ?? .all }

    /// Whether what was known before still held until `later` was asked for.
    public func holds(until later: Copies) -> Bool { slices.isEmpty || changes == later.changes }
}

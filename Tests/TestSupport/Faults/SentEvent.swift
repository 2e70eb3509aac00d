public import Events

/// A valid event as a client sends it, with an identity of its own, to be found again in log and tables.
///
/// Every kind's leading key says in which phase of a run it was made, so that a phase is read without its neighbours.
public struct SentEvent: Sendable {
    public let kind: EventKind
    public let identifier: UUID
    public let phase: Int
    private let members: String

    /// - Parameter place: the client's own count, kept with the event (`session_id`), by which its order can be checked.
    public init(_ kind: EventKind, phase: Int, place: String, chance: inout Chance) {
        self.kind = kind
        self.phase = phase
        // Version 4.
        identifier = UUID(
            high: chance.next() & ~0xF000 | 0x4000, low: chance.next() & ~(3 << 62) | 2 << 62)
        let size = Int.random(in: 0..<300, using: &chance)
        let filler = String(repeating: "x", count: size)
        let common = #""event_id":"\#(identifier)","session_id":"\#(place)""#
        let key = SentEvent.key(kind, phase)
        switch kind {
        case .click: members = #"\#(common),"obj_id":"\#(key)","text":"\#(filler)""#
        case .page: members = #"\#(common),"url":"\#(key)","duration":16,"title":"\#(filler)""#
        case .film: members = #"\#(common),"film_id":"\#(key)","timecode":"00:41:07.500000","note":"\#(filler)""#
        case .custom: members = #"\#(common),"name":"\#(key)","information":{"filler":"\#(filler)"}"#
        }
    }

    /// For the kind's own endpoint.
    public var body: String { "{\(members)}" }

    /// For a batch.
    public var item: String { #"{"type":"\#(kind.type)",\#(members)}"# }

    /// The column that a kind's rows are sorted by first.
    static func keyColumn(_ kind: EventKind) -> String {
        switch kind {
        case .click: "obj_id"
        case .page: "url"
        case .film: "film_id"
        case .custom: "name"
        }
    }

    /// What that column says of a phase.
    static func key(_ kind: EventKind, _ phase: Int) -> String {
        kind == .film ? UUID(high: 0x4000, low: 2 << 62 | UInt64(phase)).description : "phase-\(phase)"
    }
}

import Glibc

/// How a canonical line begins: event_id, user_id, time and received_at stand at fixed places, so that whoever carries lines
/// reads them without parsing.
///
///     {"event_id":"<36>","user_id":"<36>","time":"<23>","received_at":"<23>",…
public enum CanonicalLine {
    static let eventIDKey: StaticString = "{\"event_id\":\""
    static let userIDKey: StaticString = "\",\"user_id\":\""
    static let timeKey: StaticString = "\",\"time\":\""
    static let receivedAtKey: StaticString = "\",\"received_at\":\""
    private static let uuidBytes = 36
    private static let timeBytes = 23

    /// What a line's beginning says.
    public struct Head {
        /// 36 characters.
        public let eventID: UnsafeRawBufferPointer
        /// 36 characters; the nil UUID for an anonymous viewer.
        public let userID: UnsafeRawBufferPointer
        /// `2026-01-31 12:00:00.123`, UTC.
        public let receivedAt: UnsafeRawBufferPointer
        /// The line from there on, beginning with the quote behind `receivedAt`; `anonymous_id`, where there is one, comes next.
        public let rest: UnsafeRawBufferPointer
    }

    /// Nil for a line that does not begin as a canonical one. The texts themselves are not looked at.
    public static func head(_ line: UnsafeRawBufferPointer) -> Head? {
        var place = 0
        guard let eventID = field(line, &place, eventIDKey, uuidBytes),
            let userID = field(line, &place, userIDKey, uuidBytes), field(line, &place, timeKey, timeBytes) != nil,
            let receivedAt = field(line, &place, receivedAtKey, timeBytes), place < line.count,
            line[place] == UInt8(ascii: "\"")
        else { return nil }
        return Head(
            eventID: eventID, userID: userID, receivedAt: receivedAt,
            rest: UnsafeRawBufferPointer(rebasing: line[place...]))
    }

    private static func field(
        _ line: UnsafeRawBufferPointer, _ place: inout Int, _ key: StaticString, _ count: Int
    ) -> UnsafeRawBufferPointer? {
        let start = place + key.utf8CodeUnitCount
        guard start + count <= line.count, memcmp(line.baseAddress! + place, key.utf8Start, start - place) == 0
        else { return nil }
        place = start + count
        return UnsafeRawBufferPointer(rebasing: line[start..<place])
    }
}

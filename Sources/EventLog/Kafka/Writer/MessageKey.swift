internal import Events
internal import Glibc

/// The key of a line's message: whose event it is, so that one viewer's events keep their order in one partition.
///
/// The contract's key is the user's id. An anonymous event has its device's id instead, or else its own. All are found where
/// the canonical line has them; a line of another form has no key.
enum MessageKey {
    private static let anonymousID: StaticString = "\",\"anonymous_id\":\""
    private static let noUser = [UInt8](UUID.none.description.utf8)

    static func of(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let head = CanonicalLine.head(line) else { return nil }
        if !head.userID.elementsEqual(noUser) { return head.userID }
        return device(line, behind: head.receivedAt) ?? head.eventID
    }

    /// The anonymous id stands right behind the times. As it is written in JSON: the same device, the same bytes.
    private static func device(_ line: UnsafeRawBufferPointer, behind times: UnsafeRawBufferPointer)
        -> UnsafeRawBufferPointer?
    {
        let start = times.baseAddress! - line.baseAddress! + times.count + anonymousID.utf8CodeUnitCount
        guard start < line.count,
            memcmp(times.baseAddress! + times.count, anonymousID.utf8Start, anonymousID.utf8CodeUnitCount) == 0
        else { return nil }
        var end = start
        while end < line.count, line[end] != UInt8(ascii: "\"") {
            end += line[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end > start, end < line.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: line[start..<end])
    }
}

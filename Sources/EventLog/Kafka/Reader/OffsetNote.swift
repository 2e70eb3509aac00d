internal import Events

/// A committed position as it is kept with the group's offset, in the offset's metadata:
///
///     v1 <log's identity, or -> <the reader's own words>
///
/// Brokers keep 4,096 bytes of it (offset.metadata.max.bytes); a Loader's plan has about 100.
enum OffsetNote {
    private static let version = "v1 "
    private static let noLog = "-"

    static func text(_ position: CommittedPosition) -> String {
        version + (position.log?.description ?? noLog) + " " + position.note
    }

    /// Anything else, such as what another program committed, is the note as it is.
    static func position(_ next: Int64, _ text: String) -> CommittedPosition {
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard text.hasPrefix(version), parts.count == 3, parts[1] == noLog || UUID(String(parts[1])) != nil else {
            return CommittedPosition(next: next, note: text)
        }
        return CommittedPosition(next: next, note: String(parts[2]), log: UUID(String(parts[1])))
    }
}

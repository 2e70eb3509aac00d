public import Events

/// Whose traces the tables hold: a user, as the token named him, or a device, by the identity that it made up for itself.
public enum Person: Sendable, Hashable {
    case user(UUID)
    case device(String)

    /// As it stands in the column of its kind.
    public var text: String {
        switch self {
        case .user(let id): id.description
        case .device(let id): id
        }
    }
}

/// What a column says of a person. Declared with the column, so that erasing knows every place.
public enum PersonalData: Sendable, Equatable {
    /// The user's UUID.
    case user
    /// The device's `anonymous_id`.
    case device
    /// Text that may quote either.
    case quotation
}

/// A person in statements that stay on the disk, as an `ALTER TABLE … DELETE` does (`mutation_N.txt`): a salted hash in the
/// person's place. The salt is random and kept nowhere else, so two erasures of one person have nothing in common.
public struct PersonMark: Sendable, Equatable {
    let person: Person
    let salt: String
    let digest: String

    /// - Parameter digest: what the server answers to `Dialect.digest`.
    public init(_ person: Person, salt: String, digest: String) {
        self.person = person
        self.salt = salt
        self.digest = digest
    }
}

extension Dialect {
    /// Asks for a person's digest. Names the person: for asking only.
    public func digest(of person: Person, salt: String) -> String {
        "SELECT \(hash("'\(person.text.sqlEscaped)'", salt))"
    }

    private func hash(_ text: String, _ salt: String) -> String { "hex(sipHash128(concat('\(salt)', \(text))))" }

    /// Whether a row is the person's by the columns that hold such; nil: the table has none.
    public func isOf(_ mark: PersonMark, _ table: Table) -> String? {
        let wanted: PersonalData =
            switch mark.person {
            case .user: .user
            case .device: .device
            }
        let columns = table.columns.filter { $0.personal == wanted }.map(\.name)
        guard !columns.isEmpty else { return nil }
        return "("
            + columns.map { "\(hash("toString(\($0))", mark.salt)) = '\(mark.digest)'" }.joined(separator: " OR ")
            + ")"
    }

    /// Whether a row's text quotes the person. Names the person: for asking only. nil: the table quotes nobody.
    public func quotes(_ person: Person, _ table: Table) -> String? {
        let columns = table.columns.filter { $0.personal == .quotation }.map(\.name)
        guard !columns.isEmpty else { return nil }
        return "(" + columns.map { quotes(person, $0) }.joined(separator: " OR ") + ")"
    }

    /// A user's UUID is his wherever it stands. A device's identity may be a common word: it counts as a member's value.
    private func quotes(_ person: Person, _ column: String) -> String {
        switch person {
        case .user(let id): return "positionCaseInsensitive(\(column), '\(id)') > 0"
        case .device(let id):
            let written = ByteBuffer()
            written.appendJSON(string: id)
            let member = "\"anonymous_id\"\\s*:\\s*" + written.string.regularExpressionEscaped
            let found = "match(\(column), '\(member.sqlEscaped)')"
            guard !isOld else { return found }
            return "(JSONExtractString(\(column), 'anonymous_id') = '\(id.sqlEscaped)' "
                + "OR \(found))"
        }
    }

    /// Makes merged and deleted parts leave the disk at once instead of after minutes; what replaces them is synced first.
    /// Nil: the table was made so that they leave soon.
    public func hurryRemoval(_ table: Table) -> String? {
        isOld
            ? nil
            : "ALTER TABLE \(table.storageName) MODIFY SETTING old_parts_lifetime = 0, min_rows_to_fsync_after_merge = 1"
    }

    /// Undoes `hurryRemoval`.
    public func easeRemoval(_ table: Table) -> String? {
        isOld ? nil : "ALTER TABLE \(table.storageName) RESET SETTING old_parts_lifetime, min_rows_to_fsync_after_merge"
    }

    /// The server's clock, Unix seconds.
    public static let clock = "SELECT toUnixTimestamp(now())"

    /// How many parts of `tables` were given up until then (Unix seconds, the server's clock) and are still on the disk, and how many
    /// changes of theirs are under way. Parts that merges give up later are not meant: under load there are always some. Other tables
    /// are not meant either: they hold no person, and their parts stay as long as the server likes.
    public func removalsWaiting(until seconds: Int64) -> String {
        let names = tables.map { "'\($0.storageName)'" }.joined(separator: ", ")
        let ours = "database = currentDatabase() AND table IN (\(names))"
        return """
            SELECT (SELECT count() FROM system.parts WHERE \(ours) AND NOT active AND remove_time <= toDateTime(\(seconds)))
                + (SELECT count() FROM system.mutations WHERE \(ours) AND NOT is_done)
            """
    }
}

extension String {
    /// For a literal within a regular expression (RE2).
    var regularExpressionEscaped: String {
        var result = ""
        for scalar in unicodeScalars {
            if "\\^$.|?*+()[]{}".unicodeScalars.contains(scalar) { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}

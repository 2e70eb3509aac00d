/// One step of the schema. Numbers only grow; a step that was released never changes, save to stay idempotent.
public struct Migration: Sendable {
    public let version: Int
    public let name: String
    /// Each may be run again after a crash between two of them.
    public let statements: @Sendable (Dialect) -> [String]
}

/// The steps from nothing to the newest schema, in order.
///
/// A new column is declared in `EventTable` and added by a step of its own with `ADD COLUMN IF NOT EXISTS`, followed by
/// the views: on a new database step 1 has made it already.
public enum Migrations {
    public static let all = [
        Migration(version: 1, name: "tables of events, quarantine and deliveries, and their views") { dialect in
            Table.all.filter { $0.rows == .latest }.flatMap(dialect.make)
                + dialect.makeView("ledger", dialect.createLedgerView())
        },
        Migration(version: 2, name: "receipts of erasures") { dialect in
            dialect.make(.erasures)
        },
        Migration(version: 3, name: "what was watched, by film and viewer") { dialect in
            dialect.makeWatched()
        },
        Migration(version: 4, name: "who was there, by day and kind of event") { dialect in
            dialect.makeSeen()
        },
        Migration(version: 5, name: "viewers of events as numbers, slices of their identities") { dialect in
            dialect.addComputed([.viewer, .slice])
        },
        Migration(version: 6, name: "intervals of films in whole seconds") { dialect in
            dialect.addComputed([.spans])
        },
    ]

    public static var newest: Int { all.last?.version ?? 0 }

    static let appliedVersion = "SELECT max(version) FROM schema_migrations"
}

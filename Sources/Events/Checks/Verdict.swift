/// Why an event is set apart in the tables' `verdict` column: stored, and left out of figures at query time.
public enum Verdict: String, CaseIterable, Sendable {
    case good = ""
    /// Sent by a program that says that it is one.
    case bot
    /// Its time is more than 72 hours ago or a minute ahead, after correction.
    case clock
    /// More of a film than can have been watched.
    case implausible
}

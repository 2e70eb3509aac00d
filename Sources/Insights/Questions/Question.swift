import Events
import Warehouse

/// A question about what viewers did, declared once: its route, documents, the sentences on the dashboard and the SQL come
/// from here.
package struct Question: Sendable {
    package let name: String
    package let path: String
    package let title: Words
    /// How it is computed, in one sentence.
    package let computed: Words
    /// Besides `format`, which all have.
    package let parameters: [Parameter]
    /// Of its rows.
    package let columns: [AnswerColumn]
    let answer: @Sendable (Asking) throws -> Answer

    init(
        _ name: String, path: String? = nil, _ title: Words, computed: Words, parameters: [Parameter],
        columns: [AnswerColumn], answer: @escaping @Sendable (Asking) throws -> Answer
    ) {
        self.name = name
        self.path = "/v1/insights/" + (path ?? name)
        self.title = title
        self.computed = computed
        self.parameters = parameters
        self.columns = columns
        self.answer = answer
    }
}

/// A column of an answer's rows.
package struct AnswerColumn: Sendable {
    package enum Kind: String, Sendable {
        case text, label, uuid, time, count, number, seconds, share
    }

    package let name: String
    package let kind: Kind
    package let words: Words

    init(_ name: String, _ kind: Kind, _ en: String, _ ru: String) {
        self.name = name
        self.kind = kind
        words = Words(en, ru)
    }
}

/// What a question's answer is made of.
struct Answer: Sendable {
    /// The statement that the answer names as its own.
    var sql: String
    /// The statement of `rows`; nil: the answer has no member of that name.
    var rows: String?
    /// The statement of downloads.
    var download: String
    /// Further statements, by part.
    var more: [(part: String, sql: String)] = []
    /// Members of its own, as JSON.
    var members: [(name: String, json: String)] = []
    /// Rows that may be shown; the statement asks for one more.
    var limit = Int.max

    /// An answer that is rows.
    init(rows sql: String, limit: Int? = nil, members: [(name: String, json: String)] = []) {
        self.sql = sql
        rows = sql
        download = sql
        self.members = members
        if let limit { self.limit = limit }
    }

    init(sql: String, download: String) {
        self.sql = sql
        self.download = download
    }
}

/// One request's question under way.
struct Asking: Sendable {
    let filter: Filter
    let dialect: Dialect
    /// Runs a statement within the limits of answers.
    let ask: @Sendable (_ sql: String, _ format: String) throws(WarehouseError) -> String
}

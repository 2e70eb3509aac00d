import Events

/// Words for people, in the languages of the dashboard.
package struct Words: Sendable, Equatable {
    package let en: String
    package let ru: String

    package init(_ en: String, _ ru: String) {
        self.en = en
        self.ru = ru
    }
}

/// A parameter of a question, declared once: how it is read, and what documents say of it.
package struct Parameter: Sendable {
    package enum Kind: Sendable, Equatable {
        case time
        case uuid
        /// One a repetition.
        case uuids(ClosedRange<Int>)
        /// Text of at most so many bytes.
        case text(bytesMax: Int)
        case whole(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case choice([String])
        /// Steps of a funnel, one a repetition.
        case steps(ClosedRange<Int>)
    }

    package let name: String
    package let kind: Kind
    package let isRequired: Bool
    /// As it would stand in the query; nil: absent means something of its own.
    package let standard: String?
    package let words: Words

    init(_ name: String, _ kind: Kind, _ words: Words, required: Bool = false, standard: String? = nil) {
        self.name = name
        self.kind = kind
        self.words = words
        isRequired = required
        self.standard = standard
    }

    /// Its type as documents call it.
    package var typeName: String {
        switch kind {
        case .time: "time"
        case .uuid: "uuid"
        case .uuids: "uuids"
        case .text: "text"
        case .whole: "integer"
        case .number: "number"
        case .choice: "choice"
        case .steps: "steps"
        }
    }
}

/// Why a request's parameters make no question.
struct ParameterError: Error, Equatable {
    let field: String
    let message: String

    init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

extension Parameter {
    static let from = Parameter(
        "from", .time, Words("When it happened, from this moment on", "Когда произошло: начиная с этого момента"))
    static let to = Parameter(
        "to", .time, Words("When it happened, before this moment", "Когда произошло: до этого момента"))
    static let film = Parameter("film", .uuid, Words("One film", "Один фильм"))
    static let page = Parameter(
        "page", .text(bytesMax: 8192), Words("One page, its whole address", "Одна страница, её полный адрес"))
    static let platform = Parameter("platform", .text(bytesMax: 512), Words("One platform", "Одна платформа"))
    static let verdict = Parameter(
        "verdict", .choice(["good", "any"] + Verdict.allCases.filter { $0 != .good }.map(\.rawValue)),
        Words("Which events count", "Какие события считать"), standard: "good")
    static let limit = Parameter(
        "limit", .whole(1...10_000), Words("Rows of the answer", "Строк в ответе"), standard: "100")
    static let format = Parameter(
        "format", .choice(["json", "csv", "parquet"]),
        Words("The answer's form; csv and parquet hold the rows alone", "Вид ответа; в csv и parquet только строки"),
        standard: "json")
    static let threshold = Parameter(
        "threshold", .number(0...1),
        Words(
            "The share of the film from which on it counts as watched to its end",
            "Доля фильма, с которой он считается досмотренным"), standard: "0.95")
    static let credits = Parameter(
        "credits", .whole(0...7_200),
        Words(
            "Seconds at the film\u{2019}s end that need not be watched",
            "Сколько секунд в конце фильма можно не смотреть"), standard: "0")
}

import Events

/// The parameters of a request, read as they are declared. Nothing of them reaches SQL but as a number, a UUID, a time, a
/// word of a list, or text within quotes.
struct ParameterValues: Sendable {
    enum Value: Sendable, Equatable {
        case time(Timestamp)
        case uuid(UUID)
        case uuids([UUID])
        case text(String)
        case whole(Int)
        case number(Double)
        case steps([FunnelStep])
    }

    private(set) var values: [String: Value] = [:]

    /// - Parameter given: the query's parameters, decoded.
    init(_ given: [(name: String, value: String)], as declared: [Parameter]) throws(ParameterError) {
        for (name, _) in given where !declared.contains(where: { $0.name == name }) {
            let known = declared.map(\.name).joined(separator: ", ")
            throw ParameterError(name, "there is no such parameter here; there are: \(known)")
        }
        for parameter in declared {
            let texts = given.filter { $0.name == parameter.name }.map(\.value)
            values[parameter.name] = try ParameterValues.value(texts, parameter)
        }
        if let from = time("from"), let to = time("to"), from >= to {
            throw ParameterError("to", "must be later than from")
        }
    }

    private static func value(_ texts: [String], _ parameter: Parameter) throws(ParameterError) -> Value? {
        switch parameter.kind {
        case .steps(let counts):
            guard counts.contains(texts.count) else { throw repetitions(parameter, counts, "once a step") }
            return .steps(try texts.map { (text) throws(ParameterError) in try FunnelStep(text) })
        case .uuids(let counts):
            guard counts.contains(texts.count) else { throw repetitions(parameter, counts, "once each") }
            return .uuids(
                try texts.map { (text) throws(ParameterError) in
                    guard let uuid = UUID(text) else { throw ParameterError(parameter.name, "must be a UUID") }
                    return uuid
                })
        default: return try single(texts, parameter)
        }
    }

    private static func repetitions(_ parameter: Parameter, _ counts: ClosedRange<Int>, _ what: String)
        -> ParameterError
    {
        ParameterError(parameter.name, "must be given \(counts.lowerBound) to \(counts.upperBound) times, \(what)")
    }

    private static func single(_ texts: [String], _ parameter: Parameter) throws(ParameterError) -> Value? {
        guard texts.count <= 1 else { throw ParameterError(parameter.name, "must be given once") }
        guard let text = texts.first ?? parameter.standard else {
            if parameter.isRequired { throw ParameterError(parameter.name, "is required") }
            return nil
        }
        guard let value = read(text, parameter.kind) else {
            throw ParameterError(parameter.name, "must be \(wanted(parameter.kind))")
        }
        return value
    }

    private static func read(_ text: String, _ kind: Parameter.Kind) -> Value? {
        switch kind {
        case .time: return TimeText.read(text).map { .time($0) }
        case .uuid: return UUID(text).map { .uuid($0) }
        case .text(let bytesMax):
            guard text.utf8.count <= bytesMax, !text.unicodeScalars.contains("\0") else { return nil }
            return .text(text)
        case .whole(let range): return Int(text).flatMap { range.contains($0) ? .whole($0) : nil }
        case .number(let range): return Double(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .choice(let words): return words.contains(text) ? .text(text) : nil
        case .steps, .uuids: return nil
        }
    }

    private static func wanted(_ kind: Parameter.Kind) -> String {
        switch kind {
        case .time: "a time from 2000 to 2100, such as 2026-11-28, 2026-11-28T19:00:00Z or Unix seconds"
        case .uuid: "a UUID"
        case .text(let bytesMax): "text of at most \(bytesMax) bytes, without NUL"
        case .whole(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .steps: "steps"
        case .uuids: "UUIDs"
        }
    }

    // MARK: Reading

    func time(_ name: String) -> Timestamp? { if case .time(let value)? = values[name] { value } else { nil } }
    func uuid(_ name: String) -> UUID? { if case .uuid(let value)? = values[name] { value } else { nil } }
    func uuids(_ name: String) -> [UUID] { if case .uuids(let value)? = values[name] { value } else { [] } }
    func text(_ name: String) -> String? { if case .text(let value)? = values[name] { value } else { nil } }
    func whole(_ name: String) -> Int? { if case .whole(let value)? = values[name] { value } else { nil } }
    func number(_ name: String) -> Double? { if case .number(let value)? = values[name] { value } else { nil } }
    func steps(_ name: String) -> [FunnelStep] { if case .steps(let value)? = values[name] { value } else { [] } }

    /// Notes what was taken where nothing was given.
    mutating func assume(_ name: String, _ value: Value) { values[name] = value }
}

/// Times in queries.
enum TimeText {
    static func read(_ text: String) -> Timestamp? {
        var text = text.count == 10 && text.contains("-") ? text + "T00:00:00Z" : text
        let moment = text.withUTF8 { Timestamp(rfc3339: UnsafeRawBufferPointer($0)) }
        guard let time = moment ?? Double(text).flatMap(Timestamp.init(number:)),
            time >= .earliest, time <= .latest
        else { return nil }
        return time
    }
}

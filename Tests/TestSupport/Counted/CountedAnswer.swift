import Foundation

/// What a question has to answer, counted by hand.
public struct CountedAnswer: Sendable {
    /// Behind `/v1/insights/`.
    public let ask: String
    /// A list of the answer's, such as `rows`; nil: the answer itself.
    public let list: String?
    /// Which members are compared, one beside the other.
    public let columns: String
    /// By place in the list.
    public let expected: [Int: String]
    /// How long the list is; nil: whatever.
    public let count: Int?

    public init(_ ask: String, _ columns: String, _ rows: [String]) {
        (self.ask, self.columns, list, count) = (ask, columns, "rows", rows.count)
        expected = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($0.offset, $0.element) })
    }

    /// Members of the answer itself.
    public init(of ask: String, _ columns: String, _ words: String) {
        (self.ask, self.columns, list, count, expected) = (ask, columns, nil, nil, [0: words])
    }

    /// Some of a list.
    public init(_ ask: String, list: String, count: Int? = nil, _ columns: String, _ expected: [Int: String]) {
        (self.ask, self.columns, self.list, self.count, self.expected) = (ask, columns, list, count, expected)
    }

    /// What is wrong with an answer; nil: nothing.
    public func fault(in body: String) -> String? {
        guard let answer = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] else {
            return "\(ask): no object: \(body.prefix(600))"
        }
        let objects = list.map { answer[$0] as? [[String: Any]] } ?? [answer]
        guard let objects else { return "\(ask): no \(list ?? "") in \(body.prefix(600))" }
        if let count, objects.count != count {
            return "\(ask): \(objects.count) of \(count): \(objects.map { CountedAnswer.words($0, columns) })"
        }
        for (place, words) in expected.sorted(by: { $0.key < $1.key }) {
            let found = place < objects.count ? CountedAnswer.words(objects[place], columns) : "nothing"
            if found != words { return "\(ask): at \(place) \(found), not \(words)" }
        }
        return nil
    }

    /// The values of the named columns, in words.
    public static func words(_ object: [String: Any], _ columns: String) -> String {
        columns.split(separator: " ").map { word(object[String($0)]) }.joined(separator: " ")
    }

    public static func word(_ value: Any?) -> String {
        switch value {
        case nil: "absent"
        case is NSNull: "null"
        case let number as NSNumber: "\(number)"
        case let list as [Any]: "[" + list.map { word($0) }.joined(separator: ",") + "]"
        default: "\(value!)"
        }
    }
}

import Events

/// What was watched of one film, worked out second by second.
struct WatchingModel {
    struct Event {
        let id: Int
        let viewer: String
        let view: String
        /// Seconds since `Story.moment(0)`, to the millisecond.
        let at: Double
        let position: Double
        let duration: Double?
        let watched: [(Double, Double)]
        let verdict: String
    }

    private(set) var seen: [String: Set<Int>] = [:]
    private(set) var played: [Int: Int] = [:]
    private(set) var viewings: Set<String> = []
    private(set) var position: [String: (at: Double, second: Int)] = [:]
    let length: Int?

    /// - Parameters:
    ///   - events: each once.
    ///   - length: the film's, where events state it.
    init(_ events: [Event], length: Int?) {
        self.length = events.contains { $0.duration != nil } ? length : nil
        for event in events { add(event) }
    }

    private mutating func add(_ event: Event) {
        seen[event.viewer, default: []].formUnion([])
        viewings.insert(event.view.isEmpty ? event.viewer : event.view)
        for (from, to) in event.watched {
            let (first, end) = (WatchingModel.whole(from), min(WatchingModel.whole(to), length ?? 65_535))
            guard first < end else { continue }
            for second in first..<end {
                seen[event.viewer, default: []].insert(second)
                played[second, default: 0] += 1
            }
        }
        let second = WatchingModel.whole(event.position)
        let known = position[event.viewer] ?? (-1, -1)
        if (event.at, second) > known { position[event.viewer] = (event.at, second) }
    }

    private static func whole(_ value: Double) -> Int { Int((min(max(value, 0), 65_535) + 0.5).rounded(.down)) }

    var uniqueSeconds: Int { seen.values.reduce(0) { $0 + $1.count } }
    var playedSeconds: Int { played.values.reduce(0, +) }

    func completions(_ threshold: Double, credits: Int) -> String {
        guard let length else { return "null" }
        let end = max(length - credits, 1)
        return
            "\(seen.values.filter { let n = $0.filter { $0 < end }.count; return n > 0 && Double(n) >= threshold * Double(end) }.count)"
    }

    /// `from to viewers plays left` of each stretch.
    func curve(step: Int) -> [String] {
        let end = length ?? seen.values.compactMap { $0.max() }.max().map { $0 + 1 } ?? 0
        return stride(from: 0, to: end, by: step).map { from in
            let range = from..<min(from + step, end)
            let viewers = seen.values.count { !$0.isDisjoint(with: range) }
            let plays = range.reduce(0) { $0 + played[$1, default: 0] }
            let left = seen.values.count { $0.max().map(range.contains) ?? false }
            let mean = (Double(plays) / Double(range.count) * 1000).rounded(.toNearestOrEven) / 1000
            return
                "\(from) \(range.upperBound) \(viewers) \(mean == mean.rounded() ? "\(Int(mean))" : "\(mean)") \(left)"
        }
    }

    /// `from viewers` of each stretch in which somebody is.
    func resume(step: Int) -> [String] {
        let end = length ?? seen.values.compactMap { $0.max() }.max().map { $0 + 1 } ?? 0
        guard end > 0 else { return [] }
        let places = position.values.map { min($0.second, end - 1) / step }
        return Set(places).sorted().map { place in "\(place * step) \(places.count { $0 == place })" }
    }
}

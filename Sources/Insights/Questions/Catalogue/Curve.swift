/// A stretch of a film's curve, as its statement answers it.
struct Curve {
    let from: Int
    let to: Int
    let viewers: Int
    let left: Int
    let playedSeconds: Int
    /// Viewers whose latest event is here.
    let resume: Int
    /// As they came.
    private let plays: String
    private let rewatched: String
    private let retention: String

    private static let columnCount = 9
    private static let highlightsMax = 5

    private init?(_ line: Substring.UTF8View) {
        let fields = line.split(separator: UInt8(ascii: "\t")).map { String(Substring($0)) }
        guard fields.count == Curve.columnCount, let from = Int(fields[0]), let to = Int(fields[1]),
            let viewers = Int(fields[2]), let left = Int(fields[5]), let playedSeconds = Int(fields[7]),
            let resume = Int(fields[8])
        else { return nil }
        (self.from, self.to, self.viewers, self.left) = (from, to, viewers, left)
        (self.playedSeconds, self.resume) = (playedSeconds, resume)
        (plays, rewatched, retention) = (fields[3], fields[4], fields[6])
    }

    /// - Parameter rows: as TSV, thousands maybe: by bytes, as characters take ten times as long to find.
    static func read(_ rows: String) -> [Curve] {
        rows.utf8.split(separator: UInt8(ascii: "\n")).compactMap(Curve.init)
    }

    static func json(_ curve: [Curve]) -> String {
        list(
            curve.map {
                """
                {"from":\($0.from),"to":\($0.to),"viewers":\($0.viewers),"plays":\($0.plays),\
                "rewatched":\($0.rewatched),"left":\($0.left),"retention":\($0.retention)}
                """
            })
    }

    /// Where a viewer plays the film most often.
    static func peaks(_ curve: [Curve]) -> String {
        let again = curve.filter { $0.viewers > 0 && $0.perViewer > 1 }.sorted { $0.perViewer > $1.perViewer }
        return list(
            again.prefix(highlightsMax).map {
                """
                {"from":\($0.from),"to":\($0.to),"plays":\($0.plays),"viewers":\($0.viewers),\
                "plays_per_viewer":\(rounded($0.perViewer))}
                """
            })
    }

    /// Where most viewers left, before `end`.
    static func dropOffs(_ curve: [Curve], viewers: Int, end: Int) -> String {
        let before = curve.dropLast().filter { $0.left > 0 && $0.to <= end }.sorted { $0.left > $1.left }
        return list(
            before.prefix(highlightsMax).map {
                """
                {"from":\($0.from),"to":\($0.to),"left":\($0.left),\
                "share":\(rounded(Double($0.left) / Double(max(viewers, 1))))}
                """
            })
    }

    /// Where viewers are now; stretches without any are left out.
    static func resume(_ curve: [Curve]) -> String {
        list(curve.filter { $0.resume > 0 }.map { "{\"from\":\($0.from),\"to\":\($0.to),\"viewers\":\($0.resume)}" })
    }

    private var perViewer: Double { Double(playedSeconds) / Double((to - from) * viewers) }

    private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }

    private static func list(_ objects: [String]) -> String { "[" + objects.joined(separator: ",") + "]" }
}

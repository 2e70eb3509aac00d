import Platform

/// Says how much of something is done, every other second.
///
/// `@unchecked Sendable`: used by the one thread that does it.
final class Percentage: @unchecked Sendable {
    private static let pauseMilliseconds: UInt64 = 2_000

    private let what: String
    private let total: Int64
    private let progress: (String) -> Void
    private var done: Int64 = 0
    private var next = Clock.monotonicMilliseconds() + Percentage.pauseMilliseconds

    init(_ what: String, of total: Int64, _ progress: @escaping (String) -> Void) {
        self.what = what
        self.total = max(1, total)
        self.progress = progress
    }

    func add(_ bytes: Int) {
        done += Int64(bytes)
        guard Clock.monotonicMilliseconds() >= next else { return }
        next = Clock.monotonicMilliseconds() + Percentage.pauseMilliseconds
        progress("\(what) \(min(100, done * 100 / total)) %")
    }
}

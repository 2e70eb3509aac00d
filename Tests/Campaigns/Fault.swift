import TestSupport

/// A fault at the n-th operation of a scripted run.
enum Fault: Sendable {
    case killBefore, killAfter
    /// Loss of power; the service is started on so many of its outcomes.
    case cut(outcomes: Int)

    var outcomes: Int {
        if case .cut(let outcomes) = self { return outcomes }
        return 1
    }

    var isCut: Bool {
        if case .cut = self { return true }
        return false
    }

    func command(at operation: Int) -> String {
        switch self {
        case .killBefore: "kill-before at=\(operation)"
        case .killAfter: "kill-after at=\(operation)"
        case .cut: "cut at=\(operation)"
        }
    }
}

extension Campaign {
    /// Which of `count` operations get their fault: every one in a soak, else a few.
    static func operations(_ count: Int, sample: Int, _ chance: inout Chance) -> [Int] {
        let all = Array(1...max(1, count))
        return isSoak ? all : Array(all.shuffled(using: &chance).prefix(sample)).sorted()
    }
}

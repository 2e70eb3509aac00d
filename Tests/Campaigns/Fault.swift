import TestSupport

/// A fault at the n-th operation of a scripted run.
enum Fault: Sendable {
    case killBefore, killAfter
    /// Input/output error; the kernel then drops the pages that it calls clean.
    case error
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

    var isError: Bool {
        if case .error = self { return true }
        return false
    }

    func command(at operation: Int) -> String {
        switch self {
        case .killBefore: "kill-before at=\(operation)"
        case .killAfter: "kill-after at=\(operation)"
        case .error: "eio path=data/log* at=\(operation)"
        case .cut: "cut at=\(operation)"
        }
    }
}

extension Campaign {
    /// Which of `count` operations get their fault: every one in a soak, else a few. (`CINELOG_SOAK_STRIDE=n` takes every
    /// n-th, from `CINELOG_SOAK_FIRST` on: n processes share the work.)
    static func operations(_ count: Int, sample: Int, _ chance: inout Chance) -> [Int] {
        let strideLength = Campaign.count("CINELOG_SOAK_STRIDE", test: 1, soak: 1)
        let first = Campaign.count("CINELOG_SOAK_FIRST", test: 1, soak: 1)
        let all = Array(stride(from: first, through: max(1, count), by: strideLength))
        return isSoak ? all : Array(all.shuffled(using: &chance).prefix(sample)).sorted()
    }
}

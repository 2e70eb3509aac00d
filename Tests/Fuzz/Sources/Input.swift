/// The function that libFuzzer calls with one input after the other; what is fuzzed is the word in CINELOG_FUZZ.
///
/// Built by `./dev fuzz` alone: it has no main function, libFuzzer brings one.
import Glibc

/// Used by libFuzzer's one thread alone.
nonisolated(unsafe) private let target: any FuzzTarget = {
    switch getenv("CINELOG_FUZZ").map({ String(cString: $0) }) {
    case "framing": FramingTarget()
    case "event": EventTarget()
    case "token": TokenTarget()
    case "keys": KeysTarget()
    case let other: fatalError("CINELOG_FUZZ is \(other ?? "not set"): framing, event, token or keys")
    }
}()

/// What must hold for every input; where it does not, the process ends with a reason.
protocol FuzzTarget {
    func take(_ input: UnsafeRawBufferPointer)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func takeInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    target.take(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    return 0
}

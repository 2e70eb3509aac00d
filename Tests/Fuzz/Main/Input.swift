/// The function that libFuzzer calls with one input after the other; what is fuzzed is the word in CINELOG_FUZZ.
///
/// Built by `./dev fuzz` alone: it has no main function, libFuzzer brings one.
import Glibc

/// Used by libFuzzer's one thread alone.
nonisolated(unsafe) private let target: any FuzzTarget = {
    let name = getenv("CINELOG_FUZZ").map { String(cString: $0) } ?? "not set"
    guard let target = FuzzTargets.target(name) else {
        fatalError("CINELOG_FUZZ is \(name): one of \(FuzzTargets.names.joined(separator: ", "))")
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func takeInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    target.take(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    return 0
}

import Events
import Synchronization

/// What an operation tells while it runs: lines of JSON (NDJSON), each with a `text` for people and, where there is more
/// to say, further members.
public final class OperationReport: Sendable {
    private let sink: @Sendable (UnsafeRawBufferPointer) -> Bool
    private let gone = Atomic<Bool>(false)

    /// `sink` takes whole lines, and answers false when nobody reads any more.
    public init(_ sink: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool) { self.sink = sink }

    /// Whether whoever ordered the operation has gone: time to stop at the next good moment.
    public var isAbandoned: Bool { gone.load(ordering: .relaxed) }

    /// - Parameter members: JSON members without braces, or "".
    public func line(_ text: String, members: String = "") {
        let line = ByteBuffer("{\"text\":")
        line.appendJSON(string: text)
        if !members.isEmpty { line.append("," + members) }
        line.append("}\n")
        write(line)
    }

    /// The last line: `{"text":…,"good":true}`.
    public func end(_ end: OperationEnd) {
        line(end.text, members: "\"good\":\(end.isGood)" + (end.members.isEmpty ? "" : "," + end.members))
    }

    /// A blank line, for whoever waits for a sign of life.
    func tick() { write(ByteBuffer("\n")) }

    private func write(_ line: ByteBuffer) {
        if !sink(line.bytes) { gone.store(true, ordering: .relaxed) }
    }
}

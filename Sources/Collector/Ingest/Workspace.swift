import Events
import Schemas
import Synchronization

/// What one request needs to be read: taken from the pool for the time of `handle`, so that as many exist as there are
/// HTTP threads.
final class Workspace: Sendable {
    let single: JSONParser
    /// A batch is two levels around its events.
    let batch: JSONParser
    let reader: EventReader
    let lines = EventLines()
    /// Lines of events that failed their checks.
    let rejected = EventLines()
    /// Apart from `scratch`, in which the event itself may be.
    let rejectedPayload = ByteBuffer()
    let history = ViewingHistory()
    let scratch = ByteBuffer()
    let schemas: SchemaRegistry?
    /// A custom event's `information`, for its check.
    let information = ByteBuffer()

    init(_ options: CollectorOptions) {
        single = JSONParser(capacityMax: options.events.lineBytesMax, depthMax: options.events.depthMax)
        batch = JSONParser(capacityMax: options.decodedBytesMax, depthMax: options.events.depthMax + 2)
        reader = EventReader(limits: options.events)
        schemas = options.schemas
    }
}

final class WorkspacePool: Sendable {
    private let free = Mutex<[Workspace]>([])
    private let options: CollectorOptions

    init(_ options: CollectorOptions) { self.options = options }

    func with(_ body: (Workspace) -> Void) {
        let workspace = free.withLock { $0.popLast() } ?? Workspace(options)
        defer {
            workspace.lines.clear()
            workspace.rejected.clear()
            workspace.rejectedPayload.clear(keeping: 65_536)
            free.withLock { $0.append(workspace) }
        }
        body(workspace)
    }
}

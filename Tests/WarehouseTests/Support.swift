import Events
import Glibc
import Platform
import TestSupport
import Testing
import Warehouse

/// The tests that run the engine: one after another, for a process holds one engine at a time.
@Suite(.serialized, .turn(.engine)) enum EngineTests {}

/// A new folder under /tmp, removed with what it holds when the object goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/cinelog-warehouse-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit { TemporaryFolder.delete(path) }

    private static func delete(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
                isFolder ? delete(path + "/" + name) : { _ = unlink(path + "/" + name) }()
            }
            closedir(folder)
        }
        rmdir(path)
    }
}

/// A migrated warehouse, in a folder of its own where none is given. The test closes it: a process holds one at a time.
func openWarehouse(_ options: EmbeddedOptions = EmbeddedOptions(), in folder: TemporaryFolder) throws
    -> EmbeddedWarehouse
{
    let warehouse = try EmbeddedWarehouse(
        folder: folder.path + "/warehouse", options: options, logger: Logger(source: "test", level: .error))
    try warehouse.migrate()
    return warehouse
}

extension EmbeddedWarehouse {
    /// Inserts lines given as text.
    func insert(_ lines: String, into kind: EventKind, token: String) throws(WarehouseError) {
        let bytes = ByteBuffer(lines)
        try insert(bytes.bytes, into: .events(kind), token: token)
    }

    /// The answer of a client's query as text.
    func client(_ sql: String, format: String = "TSV", limits: QueryLimits = QueryLimits()) throws -> String {
        let answer = ByteBuffer()
        try readOnlyQuery(sql, defaultFormat: format, limits: limits, onFormat: { _ in }) {
            answer.append($0)
            return true
        }
        return answer.string
    }

    /// One value, without the end of its line.
    func value(_ sql: String) throws -> String {
        String(try text(sql).dropLast(while: { $0 == "\n" }))
    }
}

extension String {
    /// Without the characters at the end that satisfy `condition`.
    func dropLast(while condition: (Character) -> Bool) -> Substring {
        var end = endIndex
        while end > startIndex, condition(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}

/// A line of a click, as the Collector writes it.
func click(
    id: Int, at time: String = "2026-11-24 01:46:00.123", received: String = "2026-11-24 01:46:00.125",
    on object: String = "button#play", user: Int = 1, more: String = ""
) -> String {
    "{\"event_id\":\"\(uuid(id))\",\"user_id\":\"\(uuid(user))\",\"time\":\"\(time)\",\"received_at\":\"\(received)\","
        + "\"obj_id\":\"\(object)\"\(more)}\n"
}

/// A UUIDv7-like identity.
func uuid(_ number: Int) -> String {
    let hex = String(number, radix: 16)
    return "0193579a-0000-7000-8000-" + String(repeating: "0", count: 12 - hex.count) + hex
}

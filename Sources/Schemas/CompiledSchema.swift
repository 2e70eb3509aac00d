import CValijson
public import Events

/// A schema ready to check values. Never changes, so that any number of threads may use it at once (`@unchecked Sendable`).
public final class CompiledSchema: @unchecked Sendable {
    private let handle: OpaquePointer
    private static let faultsMax = 10

    /// - Throws: why the value is no schema that can be used.
    public init(_ schema: JSONValue) throws(SchemaError) {
        let text = try SchemaText(schema)
        let why = UnsafeMutablePointer<CChar>.allocate(capacity: 512)
        why.initialize(repeating: 0, count: 512)
        defer { why.deallocate() }
        let made = withExtendedLifetime(text) {
            cinelog_schema_create(
                UnsafeRawPointer(text.out.base).assumingMemoryBound(to: CChar.self), text.out.count, why, 512)
        }
        guard let made else { throw SchemaError(String(cString: why)) }
        handle = made
    }

    deinit { cinelog_schema_destroy(handle) }

    /// What does not fit, none where all fits; at most ten faults.
    ///
    /// - Parameters:
    ///   - field: what the value is called; each fault is named by its path below it, as in `information.genres.0`.
    ///   - scratch: overwritten.
    public func faults(of value: JSONValue, named field: String, scratch: ByteBuffer) -> [EventError] {
        scratch.clear()
        scratch.appendJSON(value)
        var found = SchemaFaults(field: field)
        let outcome = withUnsafeMutablePointer(to: &found) { found in
            cinelog_schema_check(
                handle, UnsafeRawPointer(scratch.base).assumingMemoryBound(to: CChar.self), scratch.count,
                { context, path, depth, what in
                    let found = context!.assumingMemoryBound(to: SchemaFaults.self)
                    let steps = (0..<depth).map { String(cString: path![$0]!) }
                    found.pointee.add(steps, String(cString: what!))
                }, found)
        }
        guard outcome != 1 else { return [] }
        let errors = Array(found.errors.prefix(CompiledSchema.faultsMax))
        return errors.isEmpty ? [EventError(field: field, message: "does not fit the schema")] : errors
    }
}

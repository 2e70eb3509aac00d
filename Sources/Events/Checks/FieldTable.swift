import Glibc

/// A kind's fields by name: an open-addressed hash table over a name's length and outer bytes, so that finding a field costs
/// one probe and one memcmp, and no hashing of text.
final class FieldTable: @unchecked Sendable {
    // `@unchecked Sendable`: immutable once made; lives for ever.
    private static let size = 128
    private let entries: UnsafeMutablePointer<Entry>
    let fields: [EventField]
    /// The fields' types, and `,"name":` as it stands in a line, by place: read for every event, without retaining anything.
    let types: UnsafeMutablePointer<FieldType>
    let required: UnsafeMutablePointer<Bool>
    let keys: UnsafeMutablePointer<UnsafeRawBufferPointer>
    let count: Int

    private struct Entry {
        var name: UnsafeRawPointer?
        var length = 0
        var place = -1
    }

    init(_ fields: [EventField]) {
        self.fields = fields
        count = fields.count
        types = .allocate(capacity: fields.count)
        required = .allocate(capacity: fields.count)
        keys = .allocate(capacity: fields.count)
        for (place, field) in fields.enumerated() {
            (types + place).initialize(to: field.type)
            (required + place).initialize(to: field.required)
            (keys + place).initialize(to: FieldTable.constant(Array(",\"\(field.name)\":".utf8)))
        }
        entries = .allocate(capacity: FieldTable.size)
        entries.initialize(repeating: Entry(), count: FieldTable.size)
        for (place, field) in fields.enumerated() {
            let name = FieldTable.constant(Array(field.name.utf8))
            var slot = FieldTable.hash(name)
            while entries[slot].name != nil { slot = (slot + 1) % FieldTable.size }
            entries[slot] = Entry(name: name.baseAddress, length: name.count, place: place)
        }
    }

    /// Memory that lives for ever, as the tables do.
    private static func constant(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        return UnsafeRawBufferPointer(copy)
    }

    @inline(__always)
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        let mixed = name.count &* 37 &+ Int(name[0]) &* 7 &+ Int(name[name.count &- 1])
        return mixed & (size &- 1)
    }

    /// The field's place in `fields`; nil for an unknown name.
    @inline(__always)
    func place(of name: UnsafeRawBufferPointer) -> Int? {
        guard name.count > 0 else { return nil }
        var slot = FieldTable.hash(name)
        while let known = entries[slot].name {
            if entries[slot].length == name.count, memcmp(known, name.baseAddress!, name.count) == 0 {
                return entries[slot].place
            }
            slot = (slot &+ 1) & (FieldTable.size &- 1)
        }
        return nil
    }
}

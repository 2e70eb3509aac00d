import Glibc

/// A kind's fields by name: an open-addressed hash table over a name's length and outer bytes, so that finding a field costs
/// one probe and one memcmp, and no hashing of text.
struct FieldTable: @unchecked Sendable {
    // `@unchecked Sendable`: immutable once made; lives for ever.
    private static let size = 128
    private let entries: UnsafeMutablePointer<Entry>
    let fields: [EventField]

    private struct Entry {
        var name: UnsafeMutablePointer<UInt8>?
        var length = 0
        var place = -1
    }

    init(_ fields: [EventField]) {
        self.fields = fields
        entries = .allocate(capacity: FieldTable.size)
        entries.initialize(repeating: Entry(), count: FieldTable.size)
        for (place, field) in fields.enumerated() {
            let bytes = Array(field.name.utf8)
            let name = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
            name.initialize(from: bytes, count: bytes.count)
            var slot = FieldTable.hash(UnsafeRawBufferPointer(start: name, count: bytes.count))
            while entries[slot].name != nil { slot = (slot + 1) % FieldTable.size }
            entries[slot] = Entry(name: name, length: bytes.count, place: place)
        }
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

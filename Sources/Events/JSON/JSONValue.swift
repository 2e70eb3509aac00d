/// A value in a parsed document: a place on simdjson's tape. Reading it allocates nothing.
///
/// Valid until its parser's next parse: never keep one.
public struct JSONValue {
    let tape: UnsafePointer<UInt64>
    let strings: UnsafePointer<UInt8>
    /// Its place on the tape: within one document, what tells values apart.
    package let index: Int

    /// The tape's own letters.
    public struct Kind: Equatable, Sendable {
        let letter: UInt8
        public static let object = Kind(letter: UInt8(ascii: "{"))
        public static let array = Kind(letter: UInt8(ascii: "["))
        public static let string = Kind(letter: UInt8(ascii: "\""))
        public static let int = Kind(letter: UInt8(ascii: "l"))
        /// An integer above Int64.max.
        public static let uint = Kind(letter: UInt8(ascii: "u"))
        public static let double = Kind(letter: UInt8(ascii: "d"))
        public static let yes = Kind(letter: UInt8(ascii: "t"))
        public static let no = Kind(letter: UInt8(ascii: "f"))
        public static let null = Kind(letter: UInt8(ascii: "n"))
    }

    @inline(__always)
    public var kind: Kind { Kind(letter: UInt8(truncatingIfNeeded: tape[index] >> 56)) }

    @inline(__always)
    private var payload: UInt64 { tape[index] & 0x00FF_FFFF_FFFF_FFFF }

    @inline(__always)
    func at(_ index: Int) -> JSONValue { JSONValue(tape: tape, strings: strings, index: index) }

    /// The tape's place behind this value.
    @inline(__always)
    var next: Int {
        switch kind {
        case .object, .array: Int(truncatingIfNeeded: payload & 0xFFFF_FFFF)
        case .int, .uint, .double: index + 2
        default: index + 1
        }
    }

    public var isNull: Bool { kind == .null }

    /// For a value whose kind is `.string`: its text, unescaped, UTF-8.
    @inline(__always)
    public var stringBytes: UnsafeRawBufferPointer {
        let start = strings + Int(payload)
        let length = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
        return UnsafeRawBufferPointer(start: start + 4, count: Int(length))
    }

    public var string: String? {
        kind == .string ? String(decoding: stringBytes, as: UTF8.self) : nil
    }

    /// Any number as a double.
    @inline(__always)
    public var double: Double? {
        switch kind {
        case .int: Double(Int64(bitPattern: tape[index + 1]))
        case .uint: Double(tape[index + 1])
        case .double: Double(bitPattern: tape[index + 1])
        default: nil
        }
    }

    public var int: Int64? {
        kind == .int ? Int64(bitPattern: tape[index + 1]) : nil
    }

    public var bool: Bool? {
        switch kind {
        case .yes: true
        case .no: false
        default: nil
        }
    }

    /// The first member of that name; nil where there is none or this is no object.
    public subscript(name: String) -> JSONValue? {
        guard kind == .object else { return nil }
        var name = name
        return name.withUTF8 { wanted in
            var members = self.members
            while let (key, value) = members.next() {
                if key.count == wanted.count, key.elementsEqual(wanted) { return value }
            }
            return nil
        }
    }

    /// For an object or an array: how many members or elements it has (2²⁴ − 1 for more).
    public var memberCount: Int { Int(payload >> 32 & 0xFF_FFFF) }

    /// For an object: its members in order.
    @inline(__always)
    public var members: Members { Members(of: self) }

    /// For an array: its elements in order.
    @inline(__always)
    public var elements: Elements { Elements(of: self) }

    public struct Members: IteratorProtocol {
        private let parent: JSONValue
        private let end: Int
        private var index: Int

        @inline(__always)
        init(of value: JSONValue) {
            parent = value
            index = value.index + 1
            end = value.next - 1
        }

        @inline(__always)
        public mutating func next() -> (key: UnsafeRawBufferPointer, value: JSONValue)? {
            guard index < end else { return nil }
            let value = parent.at(index + 1)
            let key = parent.at(index).stringBytes
            index = value.next
            return (key, value)
        }
    }

    public struct Elements: IteratorProtocol, Sequence {
        private let parent: JSONValue
        private let end: Int
        private var index: Int

        @inline(__always)
        init(of value: JSONValue) {
            parent = value
            index = value.index + 1
            end = value.next - 1
        }

        @inline(__always)
        public mutating func next() -> JSONValue? {
            guard index < end else { return nil }
            let value = parent.at(index)
            index = value.next
            return value
        }
    }
}

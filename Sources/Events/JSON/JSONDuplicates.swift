import Glibc

extension JSONValue {
    /// The first key that stands twice in one object, anywhere within this value. Such a text means different things to
    /// different readers, so it is refused rather than guessed at.
    public func firstDuplicateKey() -> String? {
        switch kind {
        case .array:
            for element in elements {
                if let key = element.firstDuplicateKey() { return key }
            }
            return nil
        case .object:
            if memberCount <= JSONValue.smallObject { return firstDuplicateInSmallObject() }
            var keys: [UnsafeRawBufferPointer] = []
            var members = self.members
            while let (key, value) = members.next() {
                keys.append(key)
                if let duplicate = value.firstDuplicateKey() { return duplicate }
            }
            return JSONValue.firstRepeated(keys)
        default: return nil
        }
    }

    /// As `firstDuplicateKey`, of this object's own members only.
    public func firstRepeatedMember() -> String? {
        var keys: [UnsafeRawBufferPointer] = []
        var members = self.members
        while let (key, _) = members.next() { keys.append(key) }
        return JSONValue.firstRepeated(keys)
    }

    /// Up to this many members, comparing all pairs beats sorting (and allocates nothing).
    private static let smallObject = 12

    private func firstDuplicateInSmallObject() -> String? {
        var members = self.members
        while let (key, value) = members.next() {
            var later = members
            while let (other, _) = later.next() {
                if JSONValue.equal(key, other) { return String(decoding: key, as: UTF8.self) }
            }
            if let duplicate = value.firstDuplicateKey() { return duplicate }
        }
        return nil
    }

    /// The first key that stands twice. Sorting keeps many keys from costing their number squared.
    static func firstRepeated(_ keys: [UnsafeRawBufferPointer]) -> String? {
        guard keys.count > 1 else { return nil }
        let sorted = keys.sorted { a, b in
            let order = memcmp(a.baseAddress!, b.baseAddress!, min(a.count, b.count))
            return order == 0 ? a.count < b.count : order < 0
        }
        for (a, b) in zip(sorted, sorted.dropFirst()) where equal(a, b) { return String(decoding: a, as: UTF8.self) }
        return nil
    }

    private static func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        a.count == b.count && memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
    }
}

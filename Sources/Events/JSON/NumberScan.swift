/// simdjson has one error for numbers that are misspelt (`01`, `1.`) and for numbers that do not fit (1e400, 2^64).
/// The first is not JSON, the second is: this scan, made only after that error, tells them apart.
enum NumberScan {
    /// The key before the first number when every number in `text` is spelt correctly; nil when one is not.
    static func outOfRange(_ text: UnsafeRawBufferPointer) -> String? {
        var at = 0
        var lastString = 0..<0
        var suspect: String?
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\""):
                let start = at + 1
                at = endOfString(text, start)
                lastString = start..<min(at, text.count)
                at += 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let end = endOfToken(text, at)
                guard isNumber(text, at..<end) else { return nil }
                if suspect == nil, !fits(text, at..<end) {
                    suspect = String(decoding: UnsafeRawBufferPointer(rebasing: text[lastString]), as: UTF8.self)
                }
                at = end
            default: at += 1
            }
        }
        return suspect
    }

    private static func endOfString(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var at = start
        while at < text.count, text[at] != UInt8(ascii: "\"") { at += text[at] == UInt8(ascii: "\\") ? 2 : 1 }
        return at
    }

    private static func endOfToken(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var at = start
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09: return at
            default: at += 1
            }
        }
        return at
    }

    /// RFC 8259: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
    private static func isNumber(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        func peek() -> UInt8 { at < range.upperBound ? text[at] : 0 }
        func digits() -> Int {
            let start = at
            while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(peek()) { at += 1 }
            return at - start
        }
        if peek() == UInt8(ascii: "-") { at += 1 }
        let leadingZero = peek() == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || (whole > 1 && !leadingZero) else { return false }
        if peek() == UInt8(ascii: ".") {
            at += 1
            guard digits() > 0 else { return false }
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            at += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { at += 1 }
            guard digits() > 0 else { return false }
        }
        return at == range.upperBound
    }

    private static func fits(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        let number = String(decoding: UnsafeRawBufferPointer(rebasing: text[range]), as: UTF8.self)
        if number.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }) {
            return Double(number).map(\.isFinite) ?? false
        }
        return Int64(number) != nil || UInt64(number) != nil
    }
}

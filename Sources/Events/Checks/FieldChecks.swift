import Glibc

/// Whether one value fits a field. Values that need working out (times, timecodes) are worked out where they are written.
extension FieldType {
    @inline(__always)
    func accepts(_ value: JSONValue) -> Bool {
        switch self {
        case .text(let min, let max): FieldType.isText(value, min, max)
        case .number(let min, let max, let above): FieldType.isNumber(value, min, max, above)
        case .uuid: value.kind == .string && UUID(value.stringBytes) != nil
        case .time: Timestamp(value) != nil
        case .timecode: Timecode(value) != nil
        case .intervals(let max): FieldType.isIntervals(value, max)
        case .object: value.kind == .object
        case .ignored: true
        }
    }

    private static func isText(_ value: JSONValue, _ min: Int, _ max: Int) -> Bool {
        guard value.kind == .string else { return false }
        let text = value.stringBytes
        guard text.count >= min, text.count <= max * 4 else { return false }
        // Only a text that could be too long is counted: a scalar has one to four bytes.
        if text.count > max, text.reduce(0, { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }) > max { return false }
        return text.count == 0 || memchr(text.baseAddress!, 0, text.count) == nil
    }

    private static func isNumber(_ value: JSONValue, _ min: Double, _ max: Double, _ above: Bool) -> Bool {
        guard let number = value.double else { return false }
        return (above ? number > min : number >= min) && number <= max
    }

    private static func isIntervals(_ value: JSONValue, _ max: Int) -> Bool {
        guard value.kind == .array else { return false }
        var count = 0
        for interval in value.elements {
            count += 1
            guard count <= max, Interval(interval) != nil else { return false }
        }
        return true
    }
}

/// Seconds of a film that were played, `to` excluded.
struct Interval {
    let from: Double
    let to: Double

    init?(_ value: JSONValue) {
        guard value.kind == .array else { return nil }
        var elements = value.elements
        guard let from = elements.next()?.double, let to = elements.next()?.double, elements.next() == nil,
            from >= 0, from < to, to <= Double(Timecode.secondsMax)
        else { return nil }
        self.from = from
        self.to = to
    }
}

extension Timestamp {
    init?(_ value: JSONValue) {
        if value.kind == .string {
            self.init(rfc3339: value.stringBytes)
        } else if let number = value.double {
            self.init(number: number)
        } else {
            return nil
        }
    }

    var isInRange: Bool { self >= .earliest && self < .latest }
}

extension Timecode {
    init?(_ value: JSONValue) {
        if value.kind == .string {
            self.init(value.stringBytes)
        } else if let seconds = value.double {
            self.init(seconds: seconds)
        } else {
            return nil
        }
    }
}

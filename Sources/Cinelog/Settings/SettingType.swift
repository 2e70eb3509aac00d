import Glibc
import HTTPServer

/// How a setting's text becomes a value; nil refuses it.
struct SettingType<Value: Sendable>: Sendable {
    let allowed: String
    let parse: @Sendable (String) -> Value?
}

extension SettingType where Value == String {
    static var text: Self { Self(allowed: "text") { $0 } }
    static var path: Self { Self(allowed: "a path") { $0.isEmpty ? nil : $0 } }
}

extension SettingType where Value == String? {
    static var optionalText: Self { Self(allowed: "text") { .some($0.isEmpty ? nil : $0) } }
}

extension SettingType where Value == [String] {
    static var list: Self {
        Self(allowed: "a list, separated by commas") { text in
            text.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
        }
    }

    static var origins: Self {
        Self(allowed: "\"*\", or exact origins such as https://cinema.example, separated by commas") { text in
            guard let origins = SettingType<[String]>.list.parse(text) else { return nil }
            let good = origins.allSatisfy { origin in
                origin == "*"
                    || ((origin.hasPrefix("https://") || origin.hasPrefix("http://")) && !origin.hasSuffix("/")
                        && origin.split(separator: "/").count == 2)
            }
            return good ? origins : nil
        }
    }
}

extension SettingType where Value == Bool? {
    /// Empty: as the other settings have it.
    static var optionalFlag: Self {
        Self(allowed: "true or false") { text in
            switch text.lowercased() {
            case "": .some(nil)
            case "true", "1", "yes": true
            case "false", "0", "no": false
            default: nil
            }
        }
    }
}

extension SettingType where Value == Int {
    static func number(_ range: ClosedRange<Int>) -> Self {
        Self(allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            guard let value = Int(text), range.contains(value) else { return nil }
            return value
        }
    }

    /// Bytes, with the suffixes K, M, G (powers of 1,024) allowed.
    static func bytes(_ range: ClosedRange<Int>) -> Self {
        Self(allowed: "bytes (such as 65536, 64K, 8M, 10G) from \(range.lowerBound) to \(range.upperBound)") { text in
            let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
            let unit = text.last.flatMap { units[Character($0.uppercased())] }
            guard let number = Int(unit == nil ? text : String(text.dropLast())) else { return nil }
            let (value, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
            return !overflow && range.contains(value) ? value : nil
        }
    }
}

extension SettingType where Value == HTTPAddress {
    /// host:port; an IPv6 address in brackets.
    static var address: Self {
        Self(allowed: "host:port, such as 127.0.0.1:8080 or [::]:8080") { text in
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
                return nil
            }
            var host = String(text[..<colon])
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            return host.isEmpty ? nil : .tcp(host: host, port: Int(port))
        }
    }
}

extension SettingType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var choice: Self {
        Self(allowed: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")) { text in
            Value(rawValue: text.lowercased())
        }
    }
}

extension StringProtocol {
    var trimmed: String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

import Glibc
import HTTPServer

/// How a setting's text becomes a value; nil refuses it.
package struct SettingType<Value: Sendable>: Sendable {
    package let allowed: String
    /// Nil refuses the text.
    package let parse: @Sendable (String) -> Value?
}

extension SettingType where Value == String {
    package static var text: Self { Self(allowed: "text") { $0 } }
    package static var path: Self { Self(allowed: "a path") { $0.isEmpty ? nil : $0 } }
}

extension SettingType where Value == String? {
    package static var optionalText: Self { Self(allowed: "text") { .some($0.isEmpty ? nil : $0) } }
}

extension SettingType where Value == [String] {
    package static var list: Self {
        Self(allowed: "a list, separated by commas") { text in
            text.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
        }
    }

    /// Where servers are: a scheme and a host, with a port where it is not the scheme's own.
    package static var servers: Self {
        Self(allowed: "http:// or https:// with a host and a port, several separated by commas; without path or user") {
            text in
            guard let servers = SettingType<[String]>.list.parse(text) else { return nil }
            return servers.allSatisfy(isOrigin) && Set(servers).count == servers.count ? servers : nil
        }
    }

    package static var origins: Self {
        Self(allowed: "\"*\", or exact origins such as https://cinema.example, separated by commas") { text in
            guard let origins = SettingType<[String]>.list.parse(text) else { return nil }
            return origins.allSatisfy { $0 == "*" || isOrigin($0) } ? origins : nil
        }
    }
}

extension SettingType where Value == [NetworkBlock] {
    static var networks: Self {
        Self(allowed: "addresses or blocks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas") { text in
            guard let texts = SettingType<[String]>.list.parse(text) else { return nil }
            let blocks = texts.compactMap { NetworkBlock($0) }
            return blocks.count == texts.count ? blocks : nil
        }
    }
}

/// As a browser sends it: a scheme and a host, with a port where it is not the scheme's own; no path.
private func isOrigin(_ text: String) -> Bool {
    guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
    let host = text.utf8.dropFirst(scheme.utf8.count)
    return !host.isEmpty && host.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"/?#@*".utf8.contains($0) }
}

extension SettingType where Value == Bool? {
    /// Empty: as the other settings have it.
    package static var optionalFlag: Self {
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

extension SettingType where Value == Bool {
    package static var flag: Self {
        Self(allowed: "true or false") { text in SettingType<Bool?>.optionalFlag.parse(text).flatMap { $0 } }
    }
}

extension SettingType where Value == Int {
    package static func number(_ range: ClosedRange<Int>) -> Self {
        Self(allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            guard let value = Int(text), range.contains(value) else { return nil }
            return value
        }
    }

    /// Bytes, with the suffixes K, M, G (powers of 1,024) allowed.
    package static func bytes(_ range: ClosedRange<Int>) -> Self {
        Self(allowed: "bytes (such as 65536, 64K, 8M, 10G) from \(range.lowerBound) to \(range.upperBound)") { text in
            let units = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
            let unit = text.last.flatMap { units[$0.uppercased()] }
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
            return host(text[..<colon]).map { .tcp(host: $0, port: Int(port)) }
        }
    }

    /// A name or an IPv4 address; an IPv6 address in brackets, without which its last part would be taken for the port.
    private static func host(_ text: Substring) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = String(text.dropFirst().dropLast())
            var address = in6_addr()
            return inet_pton(AF_INET6, inner, &address) == 1 ? inner : nil
        }
        let isName = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !":/[]@?#".utf8.contains($0) }
        return isName && !text.isEmpty ? String(text) : nil
    }
}

extension SettingType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    package static var choice: Self {
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

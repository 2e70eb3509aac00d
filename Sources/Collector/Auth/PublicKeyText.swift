/// A setting's text with one or several public keys in PEM form (RFC 7468).
///
///     kid: 2026-01                      (optional: names the key that follows)
///     -----BEGIN PUBLIC KEY-----
///     …
///     -----END PUBLIC KEY-----
///
/// In an .env file it may stand on one line, with `\n` spelt out for the line ends.
enum PublicKeyText {
    private static let keysMax = 16

    static func keys(_ text: String) throws(TokenSettingError) -> [PublicKey] {
        var keys: [PublicKey] = []
        var block: PEMBlock?
        var keyID: String?
        for line in lines(text) {
            if let open = block {
                block = open.adding(line)
                guard open.isEnded(by: line) else { continue }
                keys.append(try PublicKey(pem: block!.text, keyID: keyID))
                (block, keyID) = (nil, nil)
            } else if let begun = PEMBlock(beginning: line) {
                try begun.checkLabel()
                block = begun
            } else if let name = self.keyID(line) {
                keyID = name
            }
        }
        guard block == nil else { throw TokenSettingError("has a PEM block without its END line") }
        try check(keys)
        return keys
    }

    private static func check(_ keys: [PublicKey]) throws(TokenSettingError) {
        guard !keys.isEmpty else {
            throw TokenSettingError("holds no “-----BEGIN PUBLIC KEY-----” block: give one or several keys in PEM form")
        }
        guard keys.count <= keysMax else {
            throw TokenSettingError("holds \(keys.count) keys; at most \(keysMax) are taken")
        }
        guard Set(keys.map(\.keyID)).count == keys.count else {
            throw TokenSettingError("holds the same key, or the same kid, twice")
        }
    }

    private static func lines(_ text: String) -> [Substring] {
        var plain = ""
        var rest = text[...]
        while let slash = rest.utf8.firstIndex(of: UInt8(ascii: "\\")) {
            plain += rest[..<slash]
            rest = rest[rest.utf8.index(after: slash)...]
            switch rest.utf8.first {
            case UInt8(ascii: "n"): plain += "\n"
            case UInt8(ascii: "r"): break
            default:
                plain += "\\"
                continue
            }
            rest = rest.dropFirst()
        }
        plain += rest
        return plain.split(whereSeparator: \.isNewline)
    }

    /// The name in a line such as `kid: 2026-01` or `# kid: 2026-01`.
    private static func keyID(_ line: Substring) -> String? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "#" || $0 == "\t" || $0 == "\"" })
        guard words.count == 2, words[0].lowercased() == "kid:" else { return nil }
        return String(words[1])
    }
}

/// A PEM block being read, line by line.
private struct PEMBlock {
    let label: Substring
    private(set) var text: String

    init?(beginning line: Substring) {
        let line = PEMBlock.trimmed(line)
        guard line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.utf8.count > 16 else { return nil }
        label = line.dropFirst(11).dropLast(5)
        text = line + "\n"
    }

    func adding(_ line: Substring) -> PEMBlock {
        var grown = self
        grown.text += PEMBlock.trimmed(line) + "\n"
        return grown
    }

    func isEnded(by line: Substring) -> Bool { PEMBlock.trimmed(line) == "-----END \(label)-----" }

    func checkLabel() throws(TokenSettingError) {
        switch label {
        case "PUBLIC KEY", "RSA PUBLIC KEY": return
        case _ where label.hasSuffix("PRIVATE KEY"):
            throw TokenSettingError(
                "holds a private key, which belongs to the issuer alone: give the public key "
                    + "(openssl pkey -in private.pem -pubout)")
        case "CERTIFICATE":
            throw TokenSettingError(
                "holds a certificate: give its public key (openssl x509 -in certificate.pem -pubkey -noout)")
        default: throw TokenSettingError("holds a PEM block “\(label)”; “PUBLIC KEY” is wanted")
        }
    }

    /// White space and the quotes of .env files around a line.
    private static func trimmed(_ line: Substring) -> Substring {
        func isEdge(_ character: Character) -> Bool { character.isWhitespace || character == "\"" || character == "'" }
        var line = line.drop(while: isEdge)
        while let last = line.last, isEdge(last) { line.removeLast() }
        return line
    }
}

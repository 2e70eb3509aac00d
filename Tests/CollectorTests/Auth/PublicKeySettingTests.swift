import Collector
import Events
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PublicKeySettingTests {
    private let payload = #"{"sub":"0198c0de-7d2b-4b7e-8f3a-2f4d1c6b7a89","exp":1800000600}"#

    private func works(_ pem: String, with key: SigningKey) throws {
        let verifier = try TokenVerifier(publicKeyPEM: pem)
        let algorithm = key.kind == .ec(group: "P-256") ? "ES256" : "RS256"
        try withBytes(key.token(header: #"{"alg":"\#(algorithm)"}"#, payload: payload)) { token in
            _ = try verifier.verify(token, nowSeconds: 1_800_000_000)
        }
    }

    private func refusal(_ pem: String) -> String {
        do throws(TokenSettingError) {
            _ = try TokenVerifier(publicKeyPEM: pem)
            return ""
        } catch { return error.description }
    }

    @Test func `a key may stand on one line with its line ends spelt out`() throws {
        for key in [SigningKey.rsa, SigningKey.p256] {
            try works(key.publicPEM.replacing("\n", with: "\\n"), with: key)
            try works("\"" + key.publicPEM.replacing("\n", with: "\\n") + "\"", with: key)
            try works(key.publicPEM.replacing("\n", with: "\\r\\n"), with: key)
            try works(key.publicPEM.replacing("\n", with: "\r\n"), with: key)
            try works("  " + key.publicPEM.replacing("\n", with: "\n  "), with: key)
        }
    }

    @Test func `an RSA key may come in its older form`() throws {
        // SPKI is a head of 24 bytes around PKCS #1, for keys of 2,048 bits with the exponent 65,537.
        let lines = SigningKey.rsa.publicPEM.split(separator: "\n")
        let spki = try #require(decoded(lines.dropFirst().dropLast().joined()))
        let pkcs1 = base64(Array(spki.dropFirst(24)))
        try works("-----BEGIN RSA PUBLIC KEY-----\n\(pkcs1)\n-----END RSA PUBLIC KEY-----", with: SigningKey.rsa)
    }

    @Test func `a setting without a key says what is missing`() {
        for text in ["", "public.pem", "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"] {
            #expect(refusal(text).contains("JWT_PUBLIC_KEY holds no “-----BEGIN PUBLIC KEY-----” block"))
        }
    }

    @Test func `a private key is refused, and not repeated`() {
        let message = refusal(SigningKey.rsa.privatePEM)
        #expect(message.contains("holds a private key"))
        #expect(message.utf8.count < 200)
    }

    @Test func `damaged, cut off and foreign blocks are refused`() {
        let pem = SigningKey.rsa.publicPEM
        #expect(refusal(pem.replacing("MII", with: "AII")).contains("damaged"))
        #expect(refusal(String(pem.dropLast(30))).contains("without its END line"))
        #expect(refusal("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----").contains("certificate"))
        #expect(refusal("-----BEGIN X-----\nAA==\n-----END X-----").contains("“X”"))
        #expect(refusal(pem + pem).contains("twice"))
    }

    @Test func `weak and foreign keys are refused`() {
        #expect(refusal(SigningKey(.rsa(bits: 1024)).publicPEM).contains("RSA key of 1024 bits; at least 2048"))
        #expect(refusal(SigningKey(.ec(group: "P-384")).publicPEM).contains("secp384r1"))
        #expect(refusal(SigningKey(.ed25519).publicPEM).contains("ED25519"))
    }

    @Test func `a key without a name has the thumbprint of RFC 7638 for one`() throws {
        let modulus =
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF"
            + "V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9"
            + "c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1"
            + "jF44-csFCur-kEgU8awapJzKnqDKgw"
        let number = try #require(decoded(modulus))
        #expect(number.count == 256)
        let head = "30820122300d06092a864886f70d01010105000382010f003082010a0282010100"
        let spki = hex(head) + number + hex("0203010001")
        let pem = "-----BEGIN PUBLIC KEY-----\n\(base64(spki))\n-----END PUBLIC KEY-----"
        #expect(try TokenVerifier(publicKeyPEM: pem).keyIDs == ["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"])
    }

    private func hex(_ text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...($0 + 1)]), radix: 16)! }
    }

    /// Base64 of either alphabet, padded or not.
    private func decoded(_ text: String) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        for character in text where character != "=" {
            let plain: Character = character == "-" ? "+" : character == "_" ? "/" : character
            guard let value = alphabet.firstIndex(of: plain) else { return nil }
            bits = (bits << 6 | value) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes
    }
}

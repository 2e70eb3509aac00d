import CCrypto
import Events

/// A key pair made for a test, and the issuer's side of tokens, apart from the code under test.
///
/// `@unchecked Sendable`: the key does not change once made.
public final class SigningKey: @unchecked Sendable {
    public enum Kind: Equatable, Sendable {
        case rsa(bits: Int)
        case ec(group: String)
        case ed25519
    }

    public let kind: Kind
    private let handle: OpaquePointer

    public init(_ kind: Kind) {
        self.kind = kind
        handle = SigningKey.generate(kind)
    }

    deinit { EVP_PKEY_free(handle) }

    /// One of each for all tests: making RSA keys takes long.
    public static let rsa = SigningKey(.rsa(bits: 2048))
    public static let otherRSA = SigningKey(.rsa(bits: 2048))
    public static let p256 = SigningKey(.ec(group: "P-256"))
    public static let otherP256 = SigningKey(.ec(group: "P-256"))

    private static func generate(_ kind: Kind) -> OpaquePointer {
        let name =
            switch kind {
            case .rsa: "RSA"
            case .ec: "EC"
            case .ed25519: "ED25519"
            }
        let context = EVP_PKEY_CTX_new_from_name(nil, name, nil)
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        switch kind {
        case .rsa(let bits): EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits))
        case .ec(let group): EVP_PKEY_CTX_set_group_name(context, group)
        case .ed25519: break
        }
        var key: OpaquePointer?
        precondition(EVP_PKEY_generate(context, &key) == 1, "no key")
        return key!
    }

    public var publicPEM: String {
        SigningKey.text { PEM_write_bio_PUBKEY($0, handle) }
    }

    public var privatePEM: String {
        SigningKey.text { PEM_write_bio_PrivateKey($0, handle, nil, nil, 0, nil, nil) }
    }

    private static func text(_ write: (OpaquePointer?) -> Int32) -> String {
        let memory = BIO_new(BIO_s_mem())
        defer { BIO_free(memory) }
        precondition(write(memory) == 1, "no PEM")
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = BIO_read(memory, &bytes, Int32(bytes.count))
        return String(decoding: bytes[..<Int(count)], as: UTF8.self)
    }

    /// A token with these parts as they are, signed with SHA-256.
    public func token(header: String, payload: String) -> String {
        let signed = base64URL(Array(header.utf8)) + "." + base64URL(Array(payload.utf8))
        let der = signature(Array(signed.utf8))
        return signed + "." + base64URL(kind == .ec(group: "P-256") ? SigningKey.joseForm(der) : der)
    }

    public func signature(_ bytes: [UInt8]) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        precondition(EVP_DigestSignInit_ex(context, nil, "SHA256", nil, nil, handle, nil) == 1)
        var count = 1024
        var signature = [UInt8](repeating: 0, count: count)
        precondition(EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1)
        return Array(signature[..<count])
    }

    /// `r ‖ s` of a DER signature.
    public static func joseForm(_ der: [UInt8]) -> [UInt8] {
        der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            let signature = d2i_ECDSA_SIG(nil, &start, buffer.count)
            defer { ECDSA_SIG_free(signature) }
            var raw = [UInt8](repeating: 0, count: 64)
            raw.withUnsafeMutableBufferPointer { out in
                _ = BN_bn2binpad(ECDSA_SIG_get0_r(signature), out.baseAddress, 32)
                _ = BN_bn2binpad(ECDSA_SIG_get0_s(signature), out.baseAddress! + 32, 32)
            }
            return raw
        }
    }
}

/// Base64 by libcrypto's encoder, in the alphabet of URLs.
public func base64URL(_ bytes: [UInt8]) -> String {
    String(base64(bytes).compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
}

public func base64(_ bytes: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: bytes.count / 3 * 4 + 5)
    let count = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
    return String(decoding: text[..<Int(count)], as: UTF8.self)
}

public func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: 32)
    var count = 0
    precondition(
        EVP_Q_mac(nil, "HMAC", nil, "SHA256", nil, key, key.count, bytes, bytes.count, &out, out.count, &count) != nil)
    return out
}

/// The text's bytes, for the time of `body`.
public func withBytes<Result, Failure: Error>(
    _ text: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    let buffer = ByteBuffer(text)
    defer { withExtendedLifetime(buffer) {} }
    return try body(buffer.bytes)
}

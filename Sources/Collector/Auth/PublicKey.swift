import CCrypto
import Events

/// Owns one public key of libcrypto's: RSA of at least 2,048 bits, or EC on P-256.
///
/// `@unchecked Sendable`: the key does not change once made, and libcrypto verifies with one key from several threads at
/// once (https://docs.openssl.org/3.0/man7/openssl-threads/).
final class PublicKey: @unchecked Sendable {
    private static let rsaBitsMin = 2048
    private static let p256Bytes = 32

    private let handle: OpaquePointer
    /// The only algorithm this key is used with: a token cannot choose another (RFC 8725, section 3.1).
    let algorithm: TokenAlgorithm
    /// The `kid` that selects it: given beside the key, or its thumbprint (RFC 7638).
    let keyID: String

    /// Takes one PEM block, `PUBLIC KEY` (SPKI) or `RSA PUBLIC KEY` (PKCS #1).
    init(pem: String, keyID: String?) throws(TokenSettingError) {
        let handle = try PublicKey.decode(pem)
        do throws(TokenSettingError) {
            algorithm = try PublicKey.algorithm(of: handle)
            self.keyID = keyID ?? PublicKey.thumbprint(handle, algorithm)
            self.handle = handle
        } catch {
            EVP_PKEY_free(handle)
            throw error
        }
    }

    deinit { EVP_PKEY_free(handle) }

    /// Whether `signature`, in JWS form, is this key's over `signed`.
    func isValid(signature: UnsafeRawBufferPointer, over signed: UnsafeRawBufferPointer) -> Bool {
        switch algorithm {
        case .rs256: return verify(signature, signed)
        case .es256:
            guard let encoded = ECDSASignature(joseForm: signature) else { return false }
            return encoded.withDER { verify($0, signed) }
        }
    }

    private func verify(_ signature: UnsafeRawBufferPointer, _ signed: UnsafeRawBufferPointer) -> Bool {
        let context = EVP_MD_CTX_new()!
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit_ex(context, nil, "SHA256", nil, nil, handle, nil) == 1 else { return false }
        return EVP_DigestVerify(
            context, signature.baseAddress?.assumingMemoryBound(to: UInt8.self), signature.count,
            signed.baseAddress?.assumingMemoryBound(to: UInt8.self), signed.count) == 1
    }

    // MARK: Reading keys

    private static func decode(_ pem: String) throws(TokenSettingError) -> OpaquePointer {
        var key: OpaquePointer?
        let context = OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", nil, nil, cinelog_select_public_key, nil, nil)
        defer {
            OSSL_DECODER_CTX_free(context)
            ERR_clear_error()
        }
        let bytes = Array(pem.utf8)
        let decoded = bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            var count = buffer.count
            return OSSL_DECODER_from_data(context, &start, &count)
        }
        guard decoded == 1, let key else { throw TokenSettingError("holds a key that is damaged or of no known form") }
        return key
    }

    private static func algorithm(of key: OpaquePointer) throws(TokenSettingError) -> TokenAlgorithm {
        if EVP_PKEY_is_a(key, "RSA") == 1 {
            let bits = Int(EVP_PKEY_get_bits(key))
            guard bits >= rsaBitsMin else {
                throw TokenSettingError("holds an RSA key of \(bits) bits; at least \(rsaBitsMin) are needed")
            }
            return .rs256
        }
        guard EVP_PKEY_is_a(key, "EC") == 1 else {
            let type = EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
            throw TokenSettingError("holds a key of type \(type); RSA (for RS256) and EC (for ES256) are taken")
        }
        let curve = group(of: key)
        guard curve == "prime256v1" else {
            throw TokenSettingError("holds an EC key on the curve \(curve); ES256 needs P-256 (prime256v1)")
        }
        return .es256
    }

    private static func group(of key: OpaquePointer) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { name in
            guard EVP_PKEY_get_group_name(key, name.baseAddress, name.count, nil) == 1 else { return "unknown" }
            return String(cString: name.baseAddress!)
        }
    }

    // MARK: Thumbprints

    /// RFC 7638: SHA-256 over the key as JSON with its required members in the order of their names.
    private static func thumbprint(_ key: OpaquePointer, _ algorithm: TokenAlgorithm) -> String {
        let json: String
        switch algorithm {
        case .rs256:
            json =
                "{\"e\":\"\(number(key, OSSL_PKEY_PARAM_RSA_E))\",\"kty\":\"RSA\","
                + "\"n\":\"\(number(key, OSSL_PKEY_PARAM_RSA_N))\"}"
        case .es256:
            json =
                "{\"crv\":\"P-256\",\"kty\":\"EC\","
                + "\"x\":\"\(number(key, OSSL_PKEY_PARAM_EC_PUB_X, width: p256Bytes))\","
                + "\"y\":\"\(number(key, OSSL_PKEY_PARAM_EC_PUB_Y, width: p256Bytes))\"}"
        }
        return Base64URL.encode(SHA256Digest(Array(json.utf8)).bytes)
    }

    /// A number of the key as base64url of its bytes, big end first; `width` bytes of them where given.
    private static func number(_ key: OpaquePointer, _ name: String, width: Int? = nil) -> String {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1 else { return "" }
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: width ?? (Int(BN_num_bits(number)) + 7) / 8)
        BN_bn2binpad(number, &bytes, Int32(bytes.count))
        return Base64URL.encode(bytes)
    }
}

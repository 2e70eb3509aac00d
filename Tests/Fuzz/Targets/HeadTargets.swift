import Collector
import HTTPServer

/// Header lines, as libmicrohttpd hands them over. What the guard lets pass says one thing only about the body's length.
struct FramingTarget: FuzzTarget {
    func take(_ input: UnsafeRawBufferPointer) {
        var framing = FramingGuard()
        var lengths = 0
        for line in input.split(separator: 0x0A, omittingEmptySubsequences: true) {
            let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
            let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
            let blanks = line[min(colon + 1, line.endIndex)...]
            let value = UnsafeRawBufferPointer(rebasing: blanks.drop { $0 == 0x20 || $0 == 0x09 })
            if name.map({ $0 | 0x20 }).elementsEqual("content-length".utf8) { lengths += 1 }
            framing.add(name: name, value: value)
        }
        guard framing.verdict(isHTTP11: true) == nil else { return }
        precondition(lengths <= 1, "more than one length passed the guard")
        precondition(lengths == 0 || framing.contentLength.map { $0 >= 0 } == true, "a length passed that is no number")
    }
}

/// Tokens: nothing that was made without the private key may pass.
struct TokenTarget: FuzzTarget {
    private let verifier: TokenVerifier

    init() {
        do { verifier = try TokenVerifier(publicKeyPEM: testKey) } catch { fatalError("the test's key: \(error)") }
    }

    func take(_ input: UnsafeRawBufferPointer) {
        guard (try? verifier.verify(input, nowSeconds: 1_800_000_000)) == nil else {
            fatalError("a forged token passed")
        }
    }
}

/// The text of JWT_PUBLIC_KEY: keys or a reason, never a crash.
struct KeysTarget: FuzzTarget {
    func take(_ input: UnsafeRawBufferPointer) {
        do throws(TokenSettingError) {
            _ = try TokenVerifier(publicKeyPEM: String(decoding: input, as: UTF8.self))
        } catch { precondition(!"\(error)".isEmpty) }
    }
}

/// Its private half was thrown away when it was made.
private let testKey = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfxJ/JyyPbtwxXeFuNCNJydTgiVU8
    S7fMZ9WSr3fgz7NchRCroN4qX88RN4bnSuLXWZesbqAOUk1kTO0LTNjebQ==
    -----END PUBLIC KEY-----
    """

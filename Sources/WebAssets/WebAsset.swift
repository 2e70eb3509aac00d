import CWebAssets
import Events
public import HTTPServer

/// One file for browsers, held in the program itself.
public struct WebAsset: @unchecked Sendable {
    // `@unchecked Sendable`: constant data.
    public let path: String
    public let contentType: String
    public let bytes: UnsafeRawBufferPointer
    /// A hash of the content (FNV-1a): browsers ask whether it has changed.
    let tag: String

    init(_ path: String, _ contentType: String, _ asset: cinelog_web_asset) {
        self.init(path, contentType, UnsafeRawBufferPointer(start: asset.bytes, count: asset.count))
    }

    init(_ path: String, _ contentType: String, _ bytes: UnsafeRawBufferPointer) {
        self.path = path
        self.contentType = contentType
        self.bytes = bytes
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        tag = "\"\(String(hash, radix: 16))\""
    }

    /// Scripts, styles and pictures of this origin and nothing else: a page that shows what viewers sent runs none of it.
    private static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// GET of this file.
    public var route: HTTPRoute {
        HTTPRoute(.get, path) { exchange in exchange.answer(response(knownTag: exchange.header("If-None-Match"))) }
    }

    private func response(knownTag: String?) -> HTTPResponse {
        var response =
            knownTag == tag
            ? HTTPResponse(.notModified) : HTTPResponse(.ok, contentType: contentType, body: .constant(bytes))
        response.headers.append(("ETag", tag))
        response.headers.append(("Cache-Control", "no-cache"))
        response.headers.append(("Content-Security-Policy", WebAsset.contentSecurityPolicy))
        response.headers.append(("X-Content-Type-Options", "nosniff"))
        response.headers.append(("Referrer-Policy", "no-referrer"))
        return response
    }
}

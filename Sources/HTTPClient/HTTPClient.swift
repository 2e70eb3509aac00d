import CCurl
import Compression
import Events

/// A blocking HTTP/1.1 client over libcurl. Connections stay open between requests; http and https only; redirects are
/// answers like any other, not followed; proxies of the environment are not used.
///
/// `@unchecked Sendable`: one thread at a time uses it; whoever hands it on does not touch it again.
public final class HTTPClient: @unchecked Sendable {
    private static let urlBytesMax = 65_536

    private let curl: EasyHandle
    private let timeoutMilliseconds: Int
    private let connectMilliseconds: Int?
    private let acceptsGzip: Bool
    private let unixSocket: String?
    private let authoritiesFile: String?
    private let responseBytesMax: Int
    private let compressor = GzipCompressor()
    private let compressed = ByteBuffer()

    /// - Parameters:
    ///   - timeoutMilliseconds: for a request as a whole, from connecting to the answer's last byte.
    ///   - connectMilliseconds: for connecting alone; nil: as for the whole.
    ///   - acceptsGzip: servers may compress their answers; they are decoded here.
    ///   - unixSocket: the path of a socket to connect to instead of the URL's host and port.
    ///   - authoritiesFile: PEM of the only authorities that may vouch for an https server; nil: the system's.
    ///   - responseBytesMax: the longest body taken of an answer.
    public init(
        timeoutMilliseconds: Int, connectMilliseconds: Int? = nil, acceptsGzip: Bool = false, unixSocket: String? = nil,
        authoritiesFile: String? = nil, responseBytesMax: Int = 64 << 20
    ) {
        self.timeoutMilliseconds = timeoutMilliseconds
        self.connectMilliseconds = connectMilliseconds
        self.acceptsGzip = acceptsGzip
        self.unixSocket = unixSocket
        self.authoritiesFile = authoritiesFile
        self.responseBytesMax = responseBytesMax
        curl = EasyHandle()
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - timeoutMilliseconds: in the place of the client's own, for this request.
    ///   - gzip: sends the body compressed, with `Content-Encoding: gzip`.
    ///   - onBody: takes the body of an answer with a status of 2xx as it comes, which then is not in the response; false ends the
    ///     transfer. What comes with another status is in the response.
    public func request(
        _ method: String, _ url: String, headers: [(String, String)] = [], body: UnsafeRawBufferPointer? = nil,
        gzip: Bool = false, timeoutMilliseconds: Int? = nil, onBody: ((UnsafeRawBufferPointer) -> Bool)? = nil
    ) throws(HTTPClientError) -> HTTPClientResponse {
        guard RequestHeaders.isToken(method) else { throw .badRequest("“\(method)” is not a method") }
        guard url.utf8.count <= HTTPClient.urlBytesMax, url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw .badRequest("the URL is too long, or has a space or a control character")
        }
        let compresses = gzip && body != nil
        let lines = try RequestHeaders(headers + (compresses ? [("Content-Encoding", "gzip")] : []))
        curl.reset()
        let timeout = timeoutMilliseconds ?? self.timeoutMilliseconds
        configure(url, timeout)
        curl.set(CURLOPT_HTTPHEADER, pointer: lines.list)
        configure(method, body: compresses ? body.map(compress) : body)
        let collector = ResponseCollector(bodyBytesMax: responseBytesMax, sink: onBody)
        try perform(collector, timeout)
        return HTTPClientResponse(status: curl.status, headers: collector.headers, body: collector.body)
    }

    private func configure(_ url: String, _ timeoutMilliseconds: Int) {
        curl.set(CURLOPT_URL, url)
        curl.set(CURLOPT_PROTOCOLS_STR, "http,https")
        curl.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        curl.set(CURLOPT_PROXY, "")
        // Timeouts without SIGALRM, which belongs to no thread.
        curl.set(CURLOPT_NOSIGNAL, 1)
        curl.set(CURLOPT_TIMEOUT_MS, timeoutMilliseconds)
        if let connectMilliseconds { curl.set(CURLOPT_CONNECTTIMEOUT_MS, connectMilliseconds) }
        if acceptsGzip { curl.set(CURLOPT_ACCEPT_ENCODING, "gzip") }
        if let authoritiesFile {
            curl.set(CURLOPT_CAINFO, authoritiesFile)
            curl.set(CURLOPT_CAPATH, pointer: nil)
        }
        if let unixSocket { curl.set(CURLOPT_UNIX_SOCKET_PATH, unixSocket) }
    }

    private func configure(_ method: String, body: UnsafeRawBufferPointer?) {
        if let body {
            curl.set(CURLOPT_POSTFIELDSIZE_LARGE, size: body.count)
            curl.set(CURLOPT_POSTFIELDS, pointer: body.baseAddress ?? UnsafeRawPointer(compressed.base))
        } else if method == "HEAD" {
            curl.set(CURLOPT_NOBODY, 1)
        }
        curl.set(CURLOPT_CUSTOMREQUEST, method)
    }

    private func compress(_ body: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        compressed.clear()
        compressor.compress(body, into: compressed)
        return compressed.bytes
    }

    private func perform(_ collector: ResponseCollector, _ timeoutMilliseconds: Int) throws(HTTPClientError) {
        let context = Unmanaged.passUnretained(collector).toOpaque()
        curl.set(CURLOPT_HEADERFUNCTION, callback: ResponseCollector.takeHeader)
        curl.set(CURLOPT_HEADERDATA, pointer: context)
        curl.set(CURLOPT_WRITEFUNCTION, callback: ResponseCollector.takeBody)
        curl.set(CURLOPT_WRITEDATA, pointer: context)
        // The collector is only borrowed by libcurl: it must outlive the transfer.
        let code = withExtendedLifetime(collector) { curl.perform() }
        guard code != CURLE_OK else { return }
        throw collector.isTooLarge ? .responseTooLarge(bytesMax: responseBytesMax) : error(code, timeoutMilliseconds)
    }

    private func error(_ code: CURLcode, _ timeoutMilliseconds: Int) -> HTTPClientError {
        switch code {
        case CURLE_OPERATION_TIMEDOUT: .timedOut(milliseconds: timeoutMilliseconds)
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
            .cannotConnect(curl.message(code))
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .badRequest(curl.message(code))
        default: .broken(curl.message(code))
        }
    }
}

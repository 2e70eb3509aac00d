public import Events

/// A server's answer, whole.
public struct HTTPClientResponse: Sendable {
    public let status: Int
    /// In the order sent; names as spelt by the server.
    public let headers: [(String, String)]
    public let body: ByteBuffer

    /// The first header of that name, in any case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.0.lowercased() == wanted }?.1
    }
}

/// Routes by path, then by method.
struct RouteTable: Sendable {
    private let byPath: [String: [HTTPRoute]]

    init(_ routes: [HTTPRoute]) { byPath = Dictionary(grouping: routes, by: \.path) }

    enum Match {
        case route(HTTPRoute)
        /// The path is known, the method is not.
        case otherMethods([HTTPMethod])
        case none
    }

    /// A trailing slash does not count. HEAD is served as GET.
    func match(_ path: String, _ method: HTTPMethod) -> Match {
        guard let routes = byPath[path] else { return .none }
        let wanted = method == .head ? .get : method
        if let route = routes.first(where: { $0.method == wanted }) { return .route(route) }
        return .otherMethods(routes.flatMap { $0.method == .get ? [.get, .head] : [$0.method] })
    }

    static func normal(_ path: String) -> String {
        path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    }
}

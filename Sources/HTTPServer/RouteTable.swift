import Glibc

/// A request's first line, in libmicrohttpd's memory.
struct RequestLine {
    let method: UnsafePointer<CChar>
    /// Decoded, without the query.
    let path: UnsafePointer<CChar>
    let version: UnsafePointer<CChar>

    /// RFC 9112, section 2.3. libmicrohttpd has refused anything that is not `HTTP/D.D`.
    var isHTTP11: Bool { version[5] == 0x31 && version[7] >= 0x31 }
}

/// Routes by path, then by method. Looking one up makes no text.
struct RouteTable: Sendable {
    /// The routes of one path.
    final class Entry: Sendable {
        let path: String
        let bytes: [UInt8]
        /// The last part of the path is whatever the request says: `/films/{film_id}`.
        let isOpen: Bool
        let routes: [Route]
        init(_ routes: [HTTPRoute]) {
            path = routes[0].path
            isOpen = RouteTable.isOpen(path)
            bytes = Array(isOpen ? path.utf8[...(path.utf8.lastIndex(of: 0x2F)!)] : path.utf8[...])
            self.routes = routes.map { Route($0) }
        }
    }

    /// Shared by the exchanges: a reference is cheaper to hand on than the closures in it.
    final class Route: Sendable {
        let route: HTTPRoute
        let isOpen: Bool
        init(_ route: HTTPRoute) {
            self.route = route
            isOpen = RouteTable.isOpen(route.path)
        }
    }

    /// Whether the path's last part is a name in braces, for any one part.
    private static func isOpen(_ path: String) -> Bool { path.utf8.last == UInt8(ascii: "}") }

    private let entries: [Entry]

    init(_ routes: [HTTPRoute]) {
        var paths: [String] = []
        for route in routes where !paths.contains(route.path) { paths.append(route.path) }
        entries = paths.map { path in Entry(routes.filter { $0.path == path }) }
    }

    enum Match {
        case route(Route)
        /// The path is known, the method is not.
        case otherMethods(Entry)
        case none
    }

    /// A trailing slash does not count. HEAD is served as GET.
    func match(_ path: UnsafePointer<CChar>, _ method: HTTPMethod) -> Match {
        guard let entry = entry(path) else { return .none }
        let wanted = method == .head ? .get : method
        for route in entry.routes where route.route.method == wanted { return .route(route) }
        return .otherMethods(entry)
    }

    private func entry(_ path: UnsafePointer<CChar>) -> Entry? {
        let count = RouteTable.count(path)
        for entry in entries where entry.bytes.count == count {
            if !entry.isOpen, memcmp(entry.bytes, path, count) == 0 { return entry }
        }
        return openEntry(path, count)
    }

    private func openEntry(_ path: UnsafePointer<CChar>, _ count: Int) -> Entry? {
        for entry in entries where entry.isOpen && entry.bytes.count < count {
            let rest = UnsafeBufferPointer(start: path + entry.bytes.count, count: count - entry.bytes.count)
            if memcmp(entry.bytes, path, entry.bytes.count) == 0, !rest.contains(0x2F) { return entry }
        }
        return nil
    }

    private static func count(_ path: UnsafePointer<CChar>) -> Int {
        let count = strlen(path)
        return count > 1 && path[count - 1] == 0x2F ? count - 1 : count
    }

    static func text(_ path: UnsafePointer<CChar>) -> String {
        String(decoding: UnsafeRawBufferPointer(start: path, count: count(path)), as: UTF8.self)
    }
}

extension RouteTable.Entry {
    /// For `Allow`.
    var methods: [HTTPMethod] { routes.flatMap { $0.route.method == .get ? [.get, .head] : [$0.route.method] } }
}

extension HTTPMethod {
    init(_ text: UnsafePointer<CChar>) {
        // By far the most requests.
        if strcmp(text, "POST") == 0 {
            self = .post
        } else {
            self = HTTPMethod(rawValue: String(cString: text)) ?? .other
        }
    }
}

/// What the servers of a cluster can: asked once, of the first one that answers.
public struct ClusterServer: Sendable, Equatable {
    /// The cluster's name in `remote_servers`.
    public var cluster: String
    /// Year and number of the release: 18.16 is (18, 16).
    public var version: Version
    /// Whether it knows `use_skip_indexes_if_final_exact_mode`.
    public var hasFinalExactMode: Bool

    public struct Version: Sendable, Equatable, Comparable, CustomStringConvertible {
        public let major: Int
        public let minor: Int

        public init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }

        /// Nil for text that is no version such as `25.8.33.6`.
        public init?(_ text: String) {
            let numbers = text.split(separator: ".").prefix(2).compactMap { Int($0) }
            guard numbers.count == 2 else { return nil }
            self.init(numbers[0], numbers[1])
        }

        public static func < (a: Version, b: Version) -> Bool { (a.major, a.minor) < (b.major, b.minor) }

        public var description: String { "\(major).\(minor)" }
    }

    public init(cluster: String, version: Version, hasFinalExactMode: Bool) {
        self.cluster = cluster
        self.version = version
        self.hasFinalExactMode = hasFinalExactMode
    }
}

import HTTPServer

/// Programs that say in their User-Agent that they are no viewers. Their events are kept and marked.
enum Bots {
    /// Lower-case words; from the names that crawlers, link checkers and HTTP libraries give themselves.
    private static let words: [[UInt8]] = [
        "bot", "crawler", "spider", "slurp", "headlesschrome", "phantomjs", "facebookexternalhit", "lighthouse",
        "pingdom", "uptime",
    ].map { Array($0.utf8) }

    static func isBot(_ exchange: HTTPExchange) -> Bool {
        exchange.withHeader("User-Agent") { agent in
            guard let agent, agent.count > 0 else { return false }
            return words.contains { contains(agent, $0) }
        }
    }

    private static func contains(_ text: UnsafeRawBufferPointer, _ word: [UInt8]) -> Bool {
        guard text.count >= word.count else { return false }
        for start in 0...(text.count - word.count) where text[start] | 0x20 == word[0] {
            var matched = 1
            while matched < word.count, text[start + matched] | 0x20 == word[matched] { matched += 1 }
            if matched == word.count { return true }
        }
        return false
    }
}

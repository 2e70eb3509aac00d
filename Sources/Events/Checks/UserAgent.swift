/// What a User-Agent says of the program that sends.
///
/// It is read as words, runs of ASCII letters in either case, and a word is taken whole: "Googlebot", "MJ12bot" and
/// "bot.html" name bots, "Cubot" (a maker of telephones) and "Abbott" do not.
///
/// Not marked, on purpose:
/// - No User-Agent, or an empty one. Television sets, players and servers that pass events on often send none.
/// - Libraries (curl, okhttp, CFNetwork, python-requests, Go-http-client): applications send events with them.
/// - GoogleImageProxy and its like: they fetch a mail's pixel when a person opens the mail.
public enum UserAgent {
    /// How crawlers end their names ("AdsBot", "Baiduspider", "peer39_crawler").
    private static let endings = ["bot", "bots", "crawler", "crawlers", "spider", "spiders"].map { Array($0.utf8) }

    /// Words that end so and name no bot.
    private static let exceptions = ["cubot"].map { Array($0.utf8) }

    /// Words of those that end otherwise.
    private static let names =
        [
            // Crawlers, archives and fetchers.
            "slurp", "mediapartners", "feedfetcher", "googleother", "inspectiontool", "pagerenderer", "archiver",
            "nutch",
            "heritrix", "httrack", "scrapy", "zgrab", "externalagent", "externalfetcher", "anthropic", "chatgpt",
            // Previews of links.
            "facebookexternalhit", "facebookcatalog", "bingpreview", "skypeuripreview", "vkshare", "embedly",
            // Browsers without a person.
            "headlesschrome", "phantomjs", "puppeteer", "playwright", "selenium", "webdriver",
            // Monitors and measurements.
            "lighthouse", "pagespeed", "pingdompagespeed", "pingdomtms", "pingdom", "gtmetrix", "ptst", "statuscake",
            "uptime", "freshping", "newrelicpinger",
        ].map { Array($0.utf8) }

    /// The names' first letters, a bit each: most words are none of them and cost no comparison.
    private static let firstLetters = names.reduce(UInt32(0)) { $0 | 1 << UInt32($1[0] - UInt8(ascii: "a")) }

    private static let shortestWord = 3

    /// Whether the program says that no viewer sits before it.
    public static func isBot(_ agent: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        for at in 0...agent.count {
            if at < agent.count, isLetter(agent[at]) { continue }
            let word = start..<at
            start = at + 1
            if word.count >= shortestWord, namesBot(UnsafeRawBufferPointer(rebasing: agent[word])) { return true }
        }
        return false
    }

    private static func namesBot(_ word: UnsafeRawBufferPointer) -> Bool {
        if endings.contains(where: { ends(word, with: $0) }) { return !exceptions.contains { isEqual(word, $0) } }
        guard firstLetters >> UInt32((word[0] | 0x20) - UInt8(ascii: "a")) & 1 == 1 else { return false }
        return names.contains { isEqual(word, $0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
    }

    private static func isEqual(_ word: UnsafeRawBufferPointer, _ name: [UInt8]) -> Bool {
        word.count == name.count && ends(word, with: name)
    }

    private static func ends(_ word: UnsafeRawBufferPointer, with ending: [UInt8]) -> Bool {
        guard word.count >= ending.count else { return false }
        let offset = word.count - ending.count
        // From the end: nearly all words differ in their last letter.
        for place in stride(from: ending.count - 1, through: 0, by: -1)
        where word[offset + place] | 0x20 != ending[place] { return false }
        return true
    }
}

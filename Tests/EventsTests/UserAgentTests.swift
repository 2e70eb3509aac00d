import Events
import Testing

@Suite struct UserAgentTests {
    private func isBot(_ agent: String) -> Bool { Array(agent.utf8).withUnsafeBytes { UserAgent.isBot($0) } }

    @Test(arguments: [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bingbot/2.0", "BOT", "bot",
        "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
        "AdsBot-Google (+http://www.google.com/adsbot.html)",
        "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
        "TelegramBot (like TwitterBot)",
        "DuckDuckBot-Https/1.1; (+https://duckduckgo.com/duckduckbot)", "LinkedInBot/1.0", "UptimeRobot/2.0",
        "my-robots/1",
        "Some-Crawler/1", "peer39_crawler/1.0", "Baiduspider+(+http://www.baidu.com/search/spider.htm)", "Bytespider",
        "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)", "ia_archiver",
        "Mediapartners-Google", "GoogleOther", "Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)",
        "meta-externalagent/1.1", "facebookexternalhit/1.1", "Mozilla/5.0 BingPreview/1.0b", "Scrapy/2.11",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36", "PhantomJS/2.1",
        "Mozilla/5.0 (Linux; Android 11; moto g power) Chrome/109.0 Mobile Safari/537.36 Chrome-Lighthouse",
        "Mozilla/5.0 Chrome/61 Safari/537.36 PingdomPageSpeed/1.0 (pingbot/2.0; +http://www.pingdom.com/)", "PTST/221",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0",
        // A telephone's name does not cover for a bot.
        "Mozilla/5.0 (Linux; Android 8.0.0; CUBOT_P20) (compatible; Googlebot/2.1)",
    ])
    func `A word that names a bot, a monitor or a headless browser marks`(agent: String) {
        #expect(isBot(agent))
        #expect(isBot(agent.uppercased()))
        #expect(isBot(agent.lowercased()))
    }

    @Test(arguments: [
        "Mozilla/5.0 (Linux; Android 8.0.0; CUBOT_P20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; U; Android 8.0.0; CUBOT_X18_Plus Build/O00623; wv) Version/4.0 Chrome/71.0 OPR/37.6",
        "Mozilla/5.0 (Linux; Android 13; Cubot KINGKONG 9)", "Mozilla/5.0 (Linux; Android 11; CUBOT)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 Version/7.0 TV Safari/537.36",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Abbott-Cinema/2.1", "Bottle/1.0", "botany", "Robotics", "crawl", "spiderweb/3", "uptimes", "lighthouses",
        "curl/8.0", "okhttp/4.12.0", "CinemaApp/3.1 CFNetwork/1498 Darwin/23.6.0", "python-requests/2.32",
        "Dart/3.4 (dart:io)",
        "Go-http-client/2.0", "bo", "b ot", "bo_t", "bo1t", "", " ", "-", "\u{2019}b\u{f6}t", "////", "1234567890",
    ])
    func `A name that only contains such a word, a library or nothing at all does not`(agent: String) {
        #expect(!isBot(agent))
    }

    @Test func `A word counts at the very start and end of a long text`() {
        let filler = String(repeating: "x", count: 5_000)
        #expect(isBot("bot \(filler)"))
        #expect(isBot("\(filler) bot"))
        #expect(isBot("\(filler)bot"))
        #expect(!isBot("bot\(filler)"))
    }
}

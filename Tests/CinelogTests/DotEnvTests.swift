import Cinelog
import Testing

@Suite struct DotEnvTests {
    static let good: [(text: String, settings: [String: String])] = [
        ("", [:]), ("\n\n", [:]), ("# only a comment", [:]), ("  # indented", [:]),
        ("A=1", ["A": "1"]), ("A=1\nB=2\n", ["A": "1", "B": "2"]), ("A=1\r\nB=2\r\n", ["A": "1", "B": "2"]),
        ("A=1\rB=2", ["A": "1", "B": "2"]), ("\u{FEFF}A=1", ["A": "1"]), ("A=1\nA=2", ["A": "2"]),
        ("  A = 1  ", ["A": "1"]), ("\tA\t=\t1\t", ["A": "1"]),
        ("export A=1", ["A": "1"]), ("  export \t A=1", ["A": "1"]), ("export=1", ["export": "1"]),
        ("A=", ["A": ""]), ("A= \nB=2", ["A": "", "B": "2"]), ("A=\"\"\nB=''", ["A": "", "B": ""]),
        ("A=a=b==", ["A": "a=b=="]), ("A=two words", ["A": "two words"]), ("A=it's \"so\"", ["A": "it's \"so\""]),
        ("A=1 # comment", ["A": "1"]), ("A=1\t# comment\nB=2", ["A": "1", "B": "2"]), ("A=a#b", ["A": "a#b"]),
        ("A= # comment\nB=2", ["A": "", "B": "2"]), ("A=#x", ["A": "#x"]),
        ("A=\"1\" # comment \"\nB=2", ["A": "1", "B": "2"]), ("A='1'  \nB=2", ["A": "1", "B": "2"]),
        ("A=\"a # b\"", ["A": "a # b"]), ("A=' a '", ["A": " a "]),
        (#"A="a\nb\"c\\n""#, ["A": "a\nb\"c\\n"]), (#"A='a\nb"'"#, ["A": #"a\nb""#]), (#"A=a\nb"#, ["A": #"a\nb"#]),
        ("A=\"one\ntwo\"\nB=3", ["A": "one\ntwo", "B": "3"]),
        ("A='one\r\n\r\ntwo'\r\nB=3", ["A": "one\n\ntwo", "B": "3"]),
        (
            "JWT_PUBLIC_KEY=\"-----BEGIN PUBLIC KEY-----\nMIIB+/==\n-----END PUBLIC KEY-----\n\" # the issuer's\nB=1",
            ["JWT_PUBLIC_KEY": "-----BEGIN PUBLIC KEY-----\nMIIB+/==\n-----END PUBLIC KEY-----\n", "B": "1"]
        ),
        ("#A=1\nB=2", ["B": "2"]), ("A=значение 🎬", ["A": "значение 🎬"]),
    ]

    @Test(arguments: good)
    func `Lines are read as they are meant`(text: String, settings: [String: String]) throws {
        #expect(try DotEnv.parse(text) == settings, "\(text.debugDescription)")
    }

    static let broken: [(text: String, line: Int)] = [
        ("canary", 1), ("A=1\ncanary", 2), ("# c\r\n\r\ncanary\r\n", 3), ("=canary", 1), ("A B=canary", 1),
        ("1A=canary", 1), ("A-B=canary", 1), ("ИМЯ=canary", 1), ("export export A=canary", 1),
        ("A=1\nB=\"canary", 2), ("A='canary\nB=2\n", 1), ("A=\"one\ntwo\" canary", 2), ("A=\"canary\\", 1),
        ("A=\"one\ntwo\"\nB='x'canary", 3), ("ADMIN_TOKEN: canary", 1),
    ]

    @Test(arguments: broken)
    func `A broken line is refused by its number, and never shown`(text: String, line: Int) {
        do {
            Issue.record("\(text.debugDescription) was read as \(try DotEnv.parse(text, "here/.env"))")
        } catch {
            #expect(error.message.hasPrefix("here/.env, line \(line): "), "\(text.debugDescription): \(error.message)")
            #expect(!error.message.contains("canary"))
        }
    }

    @Test func `No file is no settings, and the example of all settings changes none`() throws {
        #expect(try DotEnv.read("/nonexistent/.env") == [:])
        #expect(try DotEnv.parse(SettingsDocuments.dotEnv()) == [:])
    }

    @Test func `The example with every line taken in says what the defaults say`() throws {
        let lines = SettingsDocuments.dotEnv().split(separator: "\n").map { line in
            line.contains("=") && !line.hasPrefix("# ") ? String(line.dropFirst()) : String(line)
        }
        let settings = try DotEnv.parse(lines.joined(separator: "\n"))
        #expect(settings == Dictionary(uniqueKeysWithValues: Declared.all.map { ($0.name, $0.defaultText) }))
    }
}

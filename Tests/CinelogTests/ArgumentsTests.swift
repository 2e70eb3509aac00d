import Cinelog
import Testing

@Suite struct ArgumentsTests {
    private let command = Command(
        name: "try", summary: "Tries.", help: "Tries.",
        options: [
            CommandOption("url", "URL", "Where."), CommandOption("count", "N", "How many."),
            CommandOption("gzip", nil, "Small."),
        ],
        operandsMax: 2, run: { _ in ExitCode.success })

    private func arguments(_ words: String) throws -> Arguments {
        try Arguments(words.split(separator: " ").map(String.init), command)
    }

    private func refusal(_ words: String) -> String? {
        do {
            _ = try arguments(words)
            return nil
        } catch {
            return (error as? UsageError)?.message
        }
    }

    @Test func `Options have their values behind a space or an equals sign, switches have none`() throws {
        let given = try arguments("--url http://a?b=c --count=5 --gzip file other")
        #expect(given.text("url") == "http://a?b=c")
        #expect(try given.number("count", 1...9, default: 1) == 5)
        #expect(given.has("gzip") && !given.has("quiet"))
        #expect(given.rest == ["file", "other"])
        #expect(try arguments("--url=a=b").text("url") == "a=b")
        #expect(try arguments("--url=").text("url") == "")
        #expect(try arguments("--count 1 --count 2").text("count") == "2")
    }

    @Test func `Nothing given is nothing set`() throws {
        let none = try arguments("")
        #expect(none.rest.isEmpty && none.text("url") == nil && !none.has("gzip"))
        #expect(try none.number("count", 1...9, default: 4) == 4)
    }

    @Test func `Behind two dashes there are no options, and one dash alone is none`() throws {
        #expect(try arguments("--gzip -- --url -x").rest == ["--url", "-x"])
        #expect(try arguments("-").rest == ["-"])
    }

    @Test(arguments: [
        ("--nonsense", "--nonsense"), ("-g", "-g"), ("--gzip=yes", "--gzip"), ("--url", "--url"),
        ("--url --gzip", "--url"),
        ("a b surplus", "surplus"), ("-- a b surplus", "surplus"), ("--=", "--"), ("--URL x", "--URL"),
    ])
    func `What cannot be meant is refused by name`(words: String, named: String) {
        #expect(refusal(words)?.contains(named) == true, "\(words): \(refusal(words) ?? "taken")")
    }

    @Test(arguments: ["0", "10", "x", "", "1.0", "-1"])
    func `A number outside its range is refused with the range`(text: String) throws {
        let given = try arguments("--count=\(text)")
        #expect(
            performing: { try given.number("count", 1...9, default: 1) },
            throws: { error in
                let message = (error as? UsageError)?.message ?? ""
                return message.contains("--count") && message.contains("from 1 to 9")
            })
    }

    @Test func `Exit codes are those of sysexits`() {
        #expect(CommandLineInterface.run(["--version"]) == 0)
        #expect(CommandLineInterface.run(["settings", "--help"]) == 0)
        #expect(CommandLineInterface.run([]) == 64)
        #expect(CommandLineInterface.run(["nonsense"]) == 64)
        #expect(CommandLineInterface.run(["settings", "--nonsense"]) == 64)
        #expect(CommandLineInterface.run(["serve", "surplus"]) == 64)
        #expect(
            [
                ExitCode.success, ExitCode.failure, ExitCode.usage, ExitCode.unavailable, ExitCode.inputOutput,
                ExitCode.configuration,
            ]
                == [0, 1, 64, 69, 74, 78])
    }

    @Test func `Every command has a page, a summary, and options with words`() {
        let names = CommandLineInterface.commands.map(\.name)
        #expect(Set(names).count == names.count && names.contains("serve"))
        for command in CommandLineInterface.commands {
            #expect(command.summary.hasSuffix(".") && !command.help.isEmpty)
            #expect(command.options.allSatisfy { $0.help.count > 3 && !$0.name.hasPrefix("-") })
        }
    }
}

/// A subcommand: its name, what it says of itself, and what it does.
package struct Command: Sendable {
    package let name: String
    /// One line for the list of commands.
    package let summary: String
    /// Its own page.
    package let help: String
    package let options: [CommandOption]
    /// How many arguments other than options it takes.
    package let operandsMax: Int
    package let run: @Sendable (Arguments) throws -> Int32

    package init(
        name: String, summary: String, help: String, options: [CommandOption], operandsMax: Int = 0,
        run: @escaping @Sendable (Arguments) throws -> Int32
    ) {
        self.name = name
        self.summary = summary
        self.help = help
        self.options = options
        self.operandsMax = operandsMax
        self.run = run
    }
}

package struct CommandOption: Sendable {
    package let name: String
    /// What its value is called; nil for a switch.
    package let value: String?
    package let help: String

    package init(_ name: String, _ value: String? = nil, _ help: String) {
        self.name = name
        self.value = value
        self.help = help
    }
}

/// Exit codes, as sysexits.h numbers them where it has one.
package enum ExitCode {
    package static let success: Int32 = 0
    package static let failure: Int32 = 1
    package static let usage: Int32 = 64
    package static let unavailable: Int32 = 69
    package static let inputOutput: Int32 = 74
    package static let configuration: Int32 = 78
}

package struct UsageError: Error {
    package let message: String
    package init(_ message: String) { self.message = message }
}

/// A command's own arguments, checked against its options.
package struct Arguments: Sendable {
    private var values: [String: String] = [:]
    package private(set) var rest: [String] = []

    /// `--name value`, `--name=value`, switches, and others in their order. Behind `--` there are no options, and `-` alone
    /// is none.
    package init(_ words: [String], _ command: Command) throws(UsageError) {
        var words = words[...]
        while let word = words.popFirst() {
            if word == "--" {
                rest += words
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                rest.append(word)
                continue
            }
            guard word.hasPrefix("--") else { throw UsageError("cinelog \(command.name) has no option \(word)") }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = command.options.first(where: { $0.name == name }) else {
                throw UsageError("cinelog \(command.name) has no option --\(name)")
            }
            if option.value == nil {
                guard parts.count == 1 else { throw UsageError("--\(name) takes no value") }
                values[name] = "true"
            } else if parts.count == 2 {
                values[name] = String(parts[1])
            } else if let value = words.first, !value.hasPrefix("--") {
                values[name] = words.removeFirst()
            } else {
                throw UsageError("--\(name) needs a value: \(option.value ?? "")")
            }
        }
        guard rest.count <= command.operandsMax else {
            throw UsageError("cinelog \(command.name) cannot do anything with \"\(rest[command.operandsMax])\"")
        }
    }

    package func text(_ name: String) -> String? { values[name] }
    package func has(_ name: String) -> Bool { values[name] != nil }

    package func number(_ name: String, _ range: ClosedRange<Int>, default value: Int) throws(UsageError) -> Int {
        guard let text = values[name] else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name) \(text): a whole number from \(range.lowerBound) to \(range.upperBound) is needed")
        }
        return number
    }
}

/// A subcommand: its name, what it says of itself, and what it does.
struct Command: Sendable {
    let name: String
    /// One line for the list of commands.
    let summary: String
    /// Its own page.
    let help: String
    let options: [CommandOption]
    let run: @Sendable (Arguments) throws -> Int32
}

struct CommandOption: Sendable {
    let name: String
    /// What its value is called; nil for a switch.
    let value: String?
    let help: String

    init(_ name: String, _ value: String? = nil, _ help: String) {
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

struct UsageError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

/// A command's own arguments, checked against its options.
struct Arguments: Sendable {
    private var values: [String: String] = [:]
    private(set) var rest: [String] = []

    /// `--name value`, `--name=value`, switches, and others in their order.
    init(_ words: [String], _ command: Command) throws(UsageError) {
        var words = words[...]
        while let word = words.popFirst() {
            guard word.hasPrefix("--"), word != "--" else {
                rest.append(word)
                continue
            }
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
            } else if let value = words.popFirst() {
                values[name] = value
            } else {
                throw UsageError("--\(name) needs a value: \(option.value ?? "")")
            }
        }
    }

    func text(_ name: String) -> String? { values[name] }
    func has(_ name: String) -> Bool { values[name] != nil }

    func number(_ name: String, _ range: ClosedRange<Int>, default value: Int) throws(UsageError) -> Int {
        guard let text = values[name] else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name) \(text): a whole number from \(range.lowerBound) to \(range.upperBound) is needed")
        }
        return number
    }
}

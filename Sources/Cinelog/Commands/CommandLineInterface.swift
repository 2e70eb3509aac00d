import Glibc
import Platform

/// What `cinelog …` does: finds the command, runs it, turns errors into words and exit codes.
package enum CommandLineInterface {
    static let version = "0.1.0"

    package static let commands: [Command] = [
        ServeCommand.command, CollectCommand.command, StoreCommand.command, .send, .demo,
        .audit, .replay, .forget, ScrubCommand.command, .backup, .restore, MigrateCommand.command,
        TopicsCommand.command, SchemasCommand.command,
        CopyCommand.command, DoctorCommand.command, SettingsCommand.command,
    ]

    package static func run(_ words: [String]) -> Int32 {
        guard let name = words.first else {
            print(overview())
            return ExitCode.usage
        }
        switch name {
        case "--help", "-h", "help":
            print(words.count > 1 ? page(words[1]) ?? overview() : overview())
            return ExitCode.success
        case "--version", "version":
            print("cinelog \(version)")
            return ExitCode.success
        default: return run(name, Array(words.dropFirst()))
        }
    }

    private static func run(_ name: String, _ words: [String]) -> Int32 {
        guard let command = commands.first(where: { $0.name == name }) else {
            complain("there is no command \"\(name)\": see cinelog --help")
            return ExitCode.usage
        }
        if words.contains("--help") || words.contains("-h") {
            print(page(name) ?? "")
            return ExitCode.success
        }
        do {
            return try command.run(Arguments(words, command))
        } catch let error as UsageError {
            complain("\(error.message)\nSee cinelog \(name) --help")
            return ExitCode.usage
        } catch let error as SettingError {
            complain(error.message)
            return ExitCode.configuration
        } catch let error as StartError {
            complain(error.message)
            return error.exitCode
        } catch {
            complain("\(error)")
            return ExitCode.failure
        }
    }

    static func complain(_ message: String) { StandardError.write("cinelog: \(message)\n") }

    private static func overview() -> String {
        var text = """
            Cinelog \(version): collects what viewers do in an online cinema, keeps every event, makes it queryable.

            Usage: cinelog COMMAND [OPTIONS]


            """
        for command in commands { text += "  \(padded(command.name))\(command.summary)\n" }
        return text + """

            cinelog COMMAND --help tells more. Settings are environment variables or lines of .env:
            cinelog settings lists them.
            """
    }

    private static func page(_ name: String) -> String? {
        guard let command = commands.first(where: { $0.name == name }) else { return nil }
        var text = "Usage: cinelog \(name)\(command.options.isEmpty ? "" : " [OPTIONS]")\n\n\(command.help)\n"
        if !command.options.isEmpty { text += "\nOptions:\n" }
        for option in command.options {
            let form = "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
            text += "  \(padded(form, 24))\(option.help)\n"
        }
        return text
    }

    private static func padded(_ text: String, _ width: Int = 12) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

/// Why a role could not start, in words for its operator.
struct StartError: Error {
    let message: String
    let exitCode: Int32

    init(_ message: String, exitCode: Int32 = ExitCode.configuration) {
        self.message = message
        self.exitCode = exitCode
    }
}

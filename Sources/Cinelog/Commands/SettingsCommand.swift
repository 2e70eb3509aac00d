import Events
import Glibc
import Insights

/// `cinelog settings`: what is in force, and the documents made from the declarations.
enum SettingsCommand {
    static let command = Command(
        name: "settings", summary: "Lists the settings and their values in force.",
        help: """
            Lists every setting with the value in force (from the environment, .env, or the default). Secrets are not shown.
            """,
        options: [
            CommandOption("markdown", nil, "Prints the table of docs/operations.md."),
            CommandOption("env", nil, "Prints .env.example."),
            CommandOption("questions", nil, "Prints the questions of /v1/insights, from which openapi.json is made."),
            CommandOption(
                "check", nil, "Says whether docs/operations.md and .env.example (in this folder) are current."),
        ], run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        if arguments.has("markdown") {
            print(SettingsDocuments.markdown())
        } else if arguments.has("env") {
            print(SettingsDocuments.dotEnv(), terminator: "")
        } else if arguments.has("questions") {
            print(CatalogueText.json.string)
        } else if arguments.has("check") {
            return try check()
        } else {
            try list()
        }
        return ExitCode.success
    }

    private static func list() throws {
        let settings = try Settings.load()
        for setting in Declared.all {
            print("\(setting.name)=\(settings.shown(setting))")
        }
    }

    private static func check() throws -> Int32 {
        let operations = try DotEnv.text("docs/operations.md")
        let example = try DotEnv.text(".env.example")
        var good = true
        if SettingsDocuments.table(in: operations) != SettingsDocuments.markdown() {
            CommandLineInterface.complain(
                "docs/operations.md is not current: put in what `cinelog settings --markdown` prints")
            good = false
        }
        if example != SettingsDocuments.dotEnv() {
            CommandLineInterface.complain(".env.example is not current: cinelog settings --env > .env.example")
            good = false
        }
        return good ? ExitCode.success : ExitCode.failure
    }
}

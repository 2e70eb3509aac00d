import Events
import Platform
import Schemas

/// `cinelog schemas`: looks at a folder of schemas without a service.
enum SchemasCommand {
    static let command = Command(
        name: "schemas", summary: "Checks a folder of schemas and their own examples.",
        help: """
            Reads a folder of JSON Schemas for custom events as `cinelog collect` would (default: SCHEMAS_DIR), and checks each
            schema's examples against itself. Nothing runs for it, and nothing is asked. Exit code 1: a file cannot be used, or
            an example does not fit.

            usage: cinelog schemas [FOLDER]
            """,
        options: [], operandsMax: 1, run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let role = try Role("schemas")
        let folder = arguments.rest.first ?? role.settings[Declared.schemasDirectory]
        guard Folder.exists(folder) else { throw StartError("\(folder): there is no such folder") }
        let registry = SchemaRegistry(folder: folder, logger: Logger(source: "schemas", level: .error))
        var isGood = registry.problems.isEmpty
        for schema in registry.schemas {
            print("\(schema.name)/\(schema.version).json: \(schema.mode.rawValue), examples: \(schema.examples.count)")
            for fault in schema.exampleFaults {
                print("  \(fault.field) \(fault.message)")
                isGood = false
            }
        }
        for (file, why) in registry.problems.sorted(by: { $0.key < $1.key }) { print("\(file): \(why)") }
        return isGood ? ExitCode.success : ExitCode.failure
    }
}

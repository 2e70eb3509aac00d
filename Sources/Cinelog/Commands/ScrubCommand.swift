/// `cinelog scrub`: what an erasure orders of the collector by itself where store and collector share a machine.
enum ScrubCommand {
    static let command = Command(
        name: "scrub", summary: "Erases the remains of what is loaded from the files of this machine's collector.",
        help: """
            Has the running `cinelog collect` of this DATA_DIR erase, from the files of its log (with KAFKA_BROKERS: of its spool),
            every byte of events that are loaded (sent to Kafka) already. `cinelog forget` does that by itself where collector and store
            share DATA_DIR; run it for collectors on other machines. Exit code 69: not done yet, or no collector runs here.
            """,
        options: [], run: { _ in try run() })

    private static func run() throws -> Int32 {
        let role = try Role("scrub")
        if let reason = CollectorOrders(dataFolder: role.settings[Declared.dataDirectory]).scrub() {
            throw StartError("not erased yet: it waits for \(reason)", exitCode: ExitCode.unavailable)
        }
        print("what was deleted from the log is erased from its files")
        return ExitCode.success
    }
}

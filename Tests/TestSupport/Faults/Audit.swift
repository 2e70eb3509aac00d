/// `cinelog audit`: the product's own account of every position.
enum Audit {
    /// What it finds out of balance; nil: balanced, or this binary does not know the command yet.
    static func unbalanced(_ service: Service) -> String? {
        guard isKnown else { return nil }
        let (code, output) = service.command("audit")
        return code == 0 && output.contains("balanced") ? nil : "exit code \(code): \(output)"
    }

    private static let isKnown = Service.shell("'\(Service.binary)' audit --help").code == 0
}

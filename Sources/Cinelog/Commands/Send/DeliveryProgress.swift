import Glibc
import Platform

/// Counts what became of the events and tells it on standard error: a line that is written over about twice a second on
/// a terminal, a new line every five seconds elsewhere.
package final class DeliveryProgress {
    private static let terminalIntervalMilliseconds: UInt64 = 500
    private static let plainIntervalMilliseconds: UInt64 = 5000
    private static let carriageReturnAndClear = "\r\u{1B}[K"

    private let isQuiet: Bool
    private let isTerminal: Bool
    /// What a rejection's number counts.
    private let unit: String
    private let write: (String) -> Void
    /// Stands at the end of each line, for example how many viewers are there.
    var note: () -> String = { "" }

    package private(set) var accepted = 0
    package private(set) var rejected = 0
    package private(set) var retries = 0
    private var retryReason: String?
    private let startMilliseconds = Clock.monotonicMilliseconds()
    private var lastMilliseconds = Clock.monotonicMilliseconds()
    private var lastTotal = 0
    private var lineIsOpen = false

    /// - Parameters:
    ///   - unit: what a rejection's number counts.
    ///   - write: takes text for standard error.
    package init(
        quiet: Bool, unit: String = "line", terminal: Bool = isatty(STDERR_FILENO) == 1,
        write: @escaping (String) -> Void = DeliveryProgress.writeToStandardError
    ) {
        isQuiet = quiet
        isTerminal = terminal
        self.unit = unit
        self.write = write
    }

    private var total: Int { accepted + rejected }

    func add(accepted count: Int) {
        accepted += count
        retryReason = nil
        tick()
    }

    func add(_ rejection: Rejection) {
        rejected += 1
        let field = rejection.field.isEmpty ? "" : "\(rejection.field): "
        say("\(unit) \(rejection.lineNumber): \(field)\(rejection.message)")
    }

    func willRetry(_ reason: String) {
        retries += 1
        if retryReason == nil && !isQuiet { say("trying again: \(reason)") }
        retryReason = reason
    }

    /// Writes the progress when it is time to.
    func tick() {
        guard !isQuiet else { return }
        let now = Clock.monotonicMilliseconds()
        let interval =
            isTerminal ? DeliveryProgress.terminalIntervalMilliseconds : DeliveryProgress.plainIntervalMilliseconds
        guard now - lastMilliseconds >= interval else { return }
        let perSecond = Double(total - lastTotal) * 1000 / Double(now - lastMilliseconds)
        let line = "\(grouped(total)) events  \(grouped(Int(perSecond)))/s  \(grouped(rejected)) rejected" + note()
        write(isTerminal ? DeliveryProgress.carriageReturnAndClear + line : line + "\n")
        lineIsOpen = isTerminal
        (lastMilliseconds, lastTotal) = (now, total)
    }

    /// A line of its own, whatever stands on the terminal.
    func say(_ text: String) {
        let safe = String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
        write((lineIsOpen ? DeliveryProgress.carriageReturnAndClear : "") + safe + "\n")
        lineIsOpen = false
    }

    /// Delivers, tells how it ended, and answers what the process ends with.
    func conclude(_ deliver: () throws(DeliveryError) -> Void) -> Int32 {
        do throws(DeliveryError) {
            try deliver()
        } catch {
            say("not delivered: \(error.reason)")
            summarise()
            return CommandExit.notDelivered
        }
        summarise()
        return rejected == 0 ? CommandExit.allAccepted : CommandExit.someRejected
    }

    func summarise() {
        guard !isQuiet else { return }
        let milliseconds = max(Clock.monotonicMilliseconds() - startMilliseconds, 1)
        let seconds = Double(milliseconds / 100) / 10
        say(
            "\(grouped(total)) events: \(grouped(accepted)) accepted, \(grouped(rejected)) rejected, "
                + "\(grouped(retries)) \(retries == 1 ? "retry" : "retries"), in \(seconds) s "
                + "(\(grouped(total * 1000 / Int(milliseconds)))/s)")
    }

    /// 1234567 as 1,234,567.
    private func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    package static func writeToStandardError(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}

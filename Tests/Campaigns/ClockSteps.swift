import EventLog
import Events
import Glibc
import Platform
import TestSupport
import Testing

/// A wall clock that is set while the service runs.
@Suite(.serialized) struct ClockSteps {
    /// What moves the service's clock: see `Tests/ClockStep/clock_step.h`.
    private struct SteppingClock {
        let path: String
        var settings: [String: String] {
            ["LD_PRELOAD": Service.root + "/.build/release/libClockStep.so", "CINELOG_CLOCK_STEP": path]
        }

        func set(_ seconds: Int64) {
            guard let file = fopen(path, "r+") ?? fopen(path, "w") else { return }
            withUnsafeBytes(of: seconds) { _ = fwrite($0.baseAddress, 1, 8, file) }
            fclose(file)
        }
    }

    private static let steps: [(name: String, seconds: @Sendable () -> Int64)] = [
        ("an hour back", { -3600 }), ("an hour ahead", { 3600 }), ("true again", { 0 }),
        ("1970", { 86_400 - Clock.unixMilliseconds() / 1000 }), ("true again", { 0 }),
    ]

    @Test func `Whatever the clock is set to, events are loaded in time, the log is trimmed, and nothing is lost`()
        throws
    {
        var chance = Chance()
        let started = Clock.monotonicMilliseconds()
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let clock = SteppingClock(path: folder + "/step")
        clock.set(0)
        let running = try Running(clock.settings, chance: chance.split())
        let before = [running.service.child("collect"), running.service.child("store")]
        running.beginLoad()
        for (phase, step) in ClockSteps.steps.enumerated() {
            running.load?.wait(for: 100)
            clock.set(step.seconds())
            running.load?.begin(phase: phase + 1)
            running.load?.wait(for: 100)
            usleep(100_000)
            // Loading must keep up while events come in, and not only once the clock is true again.
            let wrong = running.invariants.check(phase: phase, within: 15_000)
            #expect(wrong.isEmpty, "\(chance.words), \(step.name): \(wrong)")
            let fresh = running.client("fresh-\(phase)")
            let events = (0..<4).map { _ in fresh.event(phase: 100 + phase) }
            #expect(fresh.send(events) == .acknowledged)
            let late = running.invariants.check(phase: 100 + phase, within: 5_000)
            #expect(late.isEmpty, "\(chance.words), \(step.name): not loaded in five seconds: \(late)")
            #expect(isTrimmed(running), "\(chance.words), \(step.name): the log is not trimmed")
        }
        running.endLoad()
        #expect([running.service.child("collect"), running.service.child("store")] == before, "restarted")
        let wrong = running.invariants.check()
        #expect(wrong.isEmpty, "\(chance.words): \(wrong)")
        Campaign.report(
            "clock steps", count: ClockSteps.steps.count, seed: chance.seed, since: started,
            "\(running.deliveries.acknowledgedCount) acknowledged; \(wrong.count) complaints")
    }

    /// Whether the log soon begins behind where it begins now.
    private func isTrimmed(_ running: Running) -> Bool {
        func first() -> Int64? { (try? LogContent(folder: running.service.folder))?.parts[.click]?.first }
        guard let now = first() else { return false }
        return holds(within: 15_000) { first().map { $0 > now } ?? false }
    }
}

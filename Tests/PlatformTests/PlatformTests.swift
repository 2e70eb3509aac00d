import Platform
import Synchronization
import Testing

@Suite struct PlatformTests {
    @Test func `A waiting thread sees what another one sets`() {
        let box = Condition(0)
        let thread = Thread("setter") {
            box.withLock { $0 = 7 }
            box.signal()
        }
        #expect(box.wait(until: { $0 != 0 }, then: { $0 }) == 7)
        thread.join()
    }

    @Test func `A bounded wait ends on its own`() {
        let box = Condition(false)
        let started = Clock.monotonicMilliseconds()
        let value = box.wait(atMost: 30, until: { $0 }, then: { $0 })
        #expect(!value)
        #expect(Clock.monotonicMilliseconds() - started >= 29)
    }

    @Test func `Tasks on a thread executor run on its one thread, in order`() async {
        let executor = ThreadExecutor("test")
        final class Seen: Sendable { let numbers = Mutex<[Int]>([]) }
        let seen = Seen()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask(executorPreference: executor) { seen.numbers.withLock { $0.append(number) } }
            }
        }
        #expect(seen.numbers.withLock { $0 } == Array(0..<100))
        executor.close()
    }

    @Test func `Metrics are rendered as Prometheus reads them`() {
        let registry = MetricsRegistry()
        let counter = registry.counter("a_total", "Counts a.")
        let labelled = registry.counters("b_total", "Counts b.", label: "kind", values: ["x", "y"])
        registry.gauge("c", "Is c.") { [(labels: "topic=\"t\"", value: 1.5)] }
        let histogram = registry.histogram("d_seconds", "Times d.", buckets: [0.1, 1])
        counter.add(3)
        labelled.add(2, at: 1)
        histogram.observe(nanoseconds: 50_000_000)
        histogram.observe(nanoseconds: 2_000_000_000)
        #expect(
            registry.render() == """
                # HELP a_total Counts a.
                # TYPE a_total counter
                a_total 3
                # HELP b_total Counts b.
                # TYPE b_total counter
                b_total{kind="x"} 0
                b_total{kind="y"} 2
                # HELP c Is c.
                # TYPE c gauge
                c{topic="t"} 1.5
                # HELP d_seconds Times d.
                # TYPE d_seconds histogram
                d_seconds_bucket{le="0.1"} 1
                d_seconds_bucket{le="1"} 1
                d_seconds_bucket{le="+Inf"} 2
                d_seconds_sum 2.05
                d_seconds_count 2

                """)
    }

    @Test func `Timestamps are RFC 3339 in UTC`() {
        #expect(Logger.timestamp(unixMilliseconds: 1_769_860_800_007) == "2026-01-31T12:00:00.007Z")
    }
}

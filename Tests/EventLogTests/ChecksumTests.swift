import EventLog
import Events
import Platform
import Testing

@Suite struct ChecksumTests {
    private func checksum(_ numbers: (Int64, Int64, Int64, Int64, Int64), _ text: [UInt8]) -> Int64 {
        text.withUnsafeBytes { Checksum.of(numbers, $0) }
    }

    @Test func `Any bit of the lines or the numbers changes the checksum`() {
        let numbers = (Int64(1), Int64(22), Int64(3), Int64(4), Int64(5))
        for count in [0, 1, 16, 17, 200, 300, 5000] {
            var text = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let whole = checksum(numbers, text)
            for bit in 0..<min(count * 8, 4000) {
                text[bit / 8] ^= 1 << (bit % 8)
                #expect(checksum(numbers, text) != whole)
                text[bit / 8] ^= 1 << (bit % 8)
            }
            for bit in 0..<63 { #expect(checksum((1, 22 ^ 1 << bit, 3, 4, 5), text) != whole) }
            #expect(checksum((1, 22, 3, 5, 4), text) != whole)
            #expect(checksum(numbers, text) == whole)
        }
    }

    /// Printed for docs/performance.md; the bound is far above what a quiet machine shows.
    @Test func `Checksums cost a small part of the commit of 500 events`() throws {
        let folder = TemporaryFolder()
        let metrics = MetricsRegistry()
        let writer = try openWriter(folder, metrics: metrics)
        let lines = EventLines.filled(.click, count: 500, bytes: 300)
        for _ in 0..<500 { #expect(try writer.appendAndWait(lines).isDurable) }
        writer.close()
        let commits = value(of: "cinelog_log_commit_seconds_count", in: metrics)
        let commit = value(of: "cinelog_log_commit_seconds_sum", in: metrics) / commits * 1e6
        var sum: Int64 = 0
        let started = Clock.monotonicNanoseconds()
        for index in 0..<2000 { sum &+= Checksum.of((0, Int64(index), 500, 0, 0), lines.buffer(.click).bytes) }
        let each = Double(Clock.monotonicNanoseconds() - started) / 2000 / 1000
        print("commit of 500 events: \(commit) µs, its checksum: \(each) µs, \(each / commit * 100) %, \(sum & 1)")
        #expect(each < commit / 10)
    }
}

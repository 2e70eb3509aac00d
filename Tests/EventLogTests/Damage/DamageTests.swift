import EventLog
import Events
import Glibc
import TestSupport
import Testing

/// Files that were cut, overwritten, or have a bit that flipped: the log opens, tells what is missing, and goes on.
@Suite(.serialized, .timeLimit(.minutes(60))) struct DamageTests {
    private static let isSoak = getenv("CINELOG_SOAK") != nil
    private static let pageBytes = 8192

    private static func counts(_ usual: Int) -> Range<Int> { 0..<(isSoak ? usual * 20 : usual) }

    /// Each trial has a seed of its own, which its failure tells.
    private func trials(_ usual: Int, inWAL: Bool, _ body: (Specimen, UInt64, inout SplitMix64) throws -> Void) throws {
        let base = UInt64.random(in: 0..<1 << 40)
        var specimen = try Specimen(seed: base, inWAL: inWAL)
        for count in DamageTests.counts(usual) {
            if count > 0, count % 200 == 0 { specimen = try Specimen(seed: base + UInt64(count), inWAL: inWAL) }
            let seed = base &+ UInt64(count)
            var random = SplitMix64(seed: seed)
            try body(specimen, seed, &random)
        }
    }

    /// Rows of which there is a trace in the bytes.
    private func rows(_ specimen: Specimen, in bytes: ArraySlice<UInt8>) -> Set<Specimen.Row> {
        var found: Set<String> = []
        for word in bytes.split(whereSeparator: { $0 == UInt8(ascii: ".") || $0 == 0x0A }) where word.count < 8 {
            found.insert(String(decoding: word, as: UTF8.self))
        }
        return Set(
            specimen.rows.filter { row in
                row.positions.contains { found.contains("\(row.topic.name.first!)\($0)") }
            })
    }

    @Test func `An undamaged copy is opened as it is`() throws {
        for inWAL in [false, true] {
            let specimen = try Specimen(seed: 7, inWAL: inWAL)
            var examination = Examination(specimen, "whole", seed: 7) { _ in }
            try examination.run()
            #expect(examination.report == nil && examination.lostRows.isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `A bit that flips in the database costs one row at most`(inWAL: Bool) throws {
        try trials(100, inWAL: inWAL) { specimen, seed, random in
            let size = specimen.files["log.sqlite"]!.count
            let bit = Int.random(in: 0..<size * 8, using: &random)
            let what = "seed \(seed) WAL \(inWAL): bit \(bit % 8) of byte \(bit / 8) of \(size)"
            var examination = Examination(specimen, what, seed: seed) { $0["log.sqlite"]![bit / 8] ^= 1 << (bit % 8) }
            try examination.run()
            #expect(examination.lostRows.count <= 1, "\(what): \(examination.lostRows)")
        }
    }

    @Test(arguments: [false, true])
    func `A number of cells that changed hides no row`(inWAL: Bool) throws {
        try trials(40, inWAL: inWAL) { specimen, seed, random in
            let size = specimen.files["log.sqlite"]!.count
            let page = Int.random(in: 1..<size / DamageTests.pageBytes, using: &random)
            let bit = Int.random(in: 0..<8, using: &random)
            let what = "seed \(seed) WAL \(inWAL): bit \(bit) of the number of cells of page \(page + 1)"
            var examination = Examination(specimen, what, seed: seed) {
                $0["log.sqlite"]![page * DamageTests.pageBytes + 4] ^= 1 << bit
            }
            try examination.run()
            #expect(examination.lostRows.count <= 1, "\(what): \(examination.lostRows)")
        }
    }

    @Test func `A database that is cut keeps what lies before the cut`() throws {
        try trials(1, inWAL: false) { specimen, seed, random in
            let whole = specimen.files["log.sqlite"]!
            let boundaries = Array(stride(from: 0, through: whole.count - 1, by: DamageTests.pageBytes))
            let others =
                [1, 15, 16, 60, 99, 100] + (0..<20).map { _ in Int.random(in: 0..<whole.count, using: &random) }
            for size in boundaries + others {
                let what = "seed \(seed): cut to \(size) of \(whole.count)"
                var examination = Examination(specimen, what, seed: seed) {
                    $0["log.sqlite"]!.removeLast(whole.count - size)
                }
                try examination.run()
                let hit = rows(specimen, in: whole[(size / DamageTests.pageBytes * DamageTests.pageBytes)...])
                #expect(examination.lostRows.isSubset(of: hit), "\(what): \(examination.lostRows.subtracting(hit))")
            }
        }
    }

    @Test(arguments: [false, true])
    func `Foreign bytes in the database cost what they overwrote`(inWAL: Bool) throws {
        try trials(50, inWAL: inWAL) { specimen, seed, random in
            let whole = specimen.files["log.sqlite"]!
            let start = Int.random(in: 0..<whole.count, using: &random)
            let count = [1, 8, 100, 4096, 8192, 20_000].randomElement(using: &random)!
            let range = start..<min(whole.count, start + count)
            let isZero = Bool.random(using: &random)
            let what = "seed \(seed) WAL \(inWAL): bytes \(range) are \(isZero ? "zero" : "random")"
            let noise = range.map { _ in isZero ? 0 : UInt8.random(in: 0...255, using: &random) }
            var examination = Examination(specimen, what, seed: seed) {
                $0["log.sqlite"]!.replaceSubrange(range, with: noise)
            }
            try examination.run()
            let pages = range.lowerBound / DamageTests.pageBytes...(range.upperBound - 1) / DamageTests.pageBytes
            let end = min(whole.count, (pages.upperBound + 1) * DamageTests.pageBytes)
            let hit = rows(specimen, in: whole[pages.lowerBound * DamageTests.pageBytes..<end])
            #expect(examination.lostRows.isSubset(of: hit), "\(what): \(examination.lostRows.subtracting(hit))")
        }
    }

    @Test func `A bit that flips in the WAL costs one row at most`() throws {
        try trials(100, inWAL: true) { specimen, seed, random in
            let size = specimen.files["log.sqlite-wal"]!.count
            let bit = Int.random(in: 0..<size * 8, using: &random)
            let what = "seed \(seed): bit \(bit % 8) of byte \(bit / 8) of the WAL's \(size)"
            var examination = Examination(specimen, what, seed: seed, mayBeTorn: true) {
                $0["log.sqlite-wal"]![bit / 8] ^= 1 << (bit % 8)
            }
            try examination.run()
            let lost = examination.lostRows
            #expect(lost.count <= 1 || lost.isSubset(of: specimen.lastCommit), "\(what): \(lost)")
        }
    }

    @Test func `Shared memory that is nonsense costs nothing`() throws {
        try trials(20, inWAL: true) { specimen, seed, random in
            let noise = (0..<32_768).map { _ in UInt8.random(in: 0...255, using: &random) }
            var examination = Examination(specimen, "seed \(seed): shared memory", seed: seed) { files in
                if Bool.random(using: &random) {
                    files["log.sqlite-shm"] = noise
                } else {
                    files["log.sqlite-shm"]![Int.random(in: 0..<32_768, using: &random)] ^= 1
                }
            }
            try examination.run()
            #expect(examination.lostRows.isEmpty && examination.report == nil)
        }
    }

    @Test func `Damaged positions cost no event`() throws {
        try trials(60, inWAL: false) { specimen, seed, random in
            let size = specimen.files["positions.sqlite"]!.count
            let bit = Int.random(in: 0..<size * 8, using: &random)
            let isCut = Int.random(in: 0..<4, using: &random) == 0
            let what = "seed \(seed): positions.sqlite, \(isCut ? "cut at" : "bit") \(bit)"
            var examination = Examination(specimen, what, seed: seed) { files in
                if isCut { files["positions.sqlite"]!.removeLast(size - bit / 8) }
                if !isCut { files["positions.sqlite"]![bit / 8] ^= 1 << (bit % 8) }
            }
            try examination.run()
            #expect(examination.lostRows.isEmpty && examination.report == nil, "\(what)")
        }
    }
}

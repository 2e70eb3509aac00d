import EventLog
import Events
import Glibc
import Loader
import Platform
import Synchronization
import TestSupport
import Testing
import Warehouse

extension LoadingTests {
    @Suite struct ForgettingTests {
        private static let gone = Array(repeating: "0\t0\n", count: 7)

        private func expectGone(
            _ erasing: Erasing, _ words: String = "", sourceLocation: SourceLocation = #_sourceLocation
        ) throws { try expect(erasing.rows(of: erasing.one), Self.gone, words, sourceLocation: sourceLocation) }

        private func expect(
            _ found: [String], _ wanted: [String], _ words: String = "",
            sourceLocation: SourceLocation = #_sourceLocation
        ) { #expect(found == wanted, "\(words)", sourceLocation: sourceLocation) }

        @Test(arguments: [0, 1])
        func `A person leaves tables, quarantine, ledger and disk; somebody else's rows stay as they are`(which: Int)
            async throws
        {
            let erasing = try Erasing()
            try await erasing.appendAll()
            try await erasing.loadAll()
            let before = try erasing.rows(of: erasing.other)
            #expect(try !erasing.traces(of: erasing.one).isEmpty)
            try expect(erasing.outcomes(), ["quarantined\t5\t0", "stored\t48\t48"])

            let receipt = try erasing.forgetting().request(erasing.persons[which])
            #expect(receipt.isComplete && receipt.logLinesWaiting == 0 && receipt.waitsFor == nil)
            #expect(
                receipt.erased
                    == ["clicks": 5, "pages": 5, "views": 5, "custom_events": 5, "quarantine": 3])
            try expectGone(erasing)
            try expect(erasing.rows(of: erasing.other), before)
            try expect(erasing.outcomes(), ["forgotten\t27\t0", "quarantined\t2\t0", "stored\t24\t24"])
            try expect(erasing.traces(of: erasing.one), [])
            #expect(try !erasing.traces(of: erasing.other).isEmpty)
            #expect(erasing.notes == [] && erasing.scrubs == 1)
            #expect(
                try erasing.site.rows(
                    "SELECT complete, log_lines_waiting, JSONExtractInt(erased, 'clicks') FROM erasures "
                        + "WHERE receipt = '\(receipt.receipt)'") == ["1\t0\t5"])
        }

        @Test(arguments: [0, 1])
        func `What was collected before the request and not loaded is dropped, what comes after it is kept`(which: Int)
            async throws
        {
            let erasing = try Erasing()
            try await erasing.appendAll()
            let forgetting = try erasing.forgetting()
            let receipt = try forgetting.request(erasing.persons[which], waitingAtMost: 0)
            #expect(!receipt.isComplete && receipt.logLinesWaiting == 53)
            #expect(receipt.waitsFor?.contains("loading") == true && erasing.notes.count == 1)
            try await erasing.loadAll(forgetting)
            try expectGone(erasing)
            try expect(erasing.outcomes(), ["forgotten\t27\t0", "quarantined\t2\t0", "stored\t24\t24"])
            try forgetting.advance()
            #expect(erasing.notes == [] && erasing.scrubs == 1)
            try expect(erasing.traces(of: erasing.one), [])

            try await erasing.site.append(.click, [erasing.line(.click, of: erasing.one)])
            let loading = try erasing.load(forgetting)
            try await eventually { try erasing.site.isLoaded(.click, upTo: Erasing.clicks + 1) }
            await loading.stop()
            #expect(try erasing.rows(of: erasing.one)[0].hasPrefix("1\t"))
        }

        /// Every third statement of the request is once the last that a process makes: one third of them with its taking effect,
        /// another without.
        @Test(arguments: [true, false])
        func `A request interrupted at any statement is finished by the next process`(takesEffect: Bool) async throws {
            var step = takesEffect ? 0 : 1
            var wasInterrupted = true
            while wasInterrupted {
                let erasing = try Erasing()
                try await erasing.appendAll()
                try await erasing.loadAll()
                let before = try erasing.rows(of: erasing.other)
                let dying = DyingWarehouse(erasing.site.warehouse, at: step, takesEffect: takesEffect)
                let request = Result {
                    try erasing.forgetting(dying).request(.user(erasing.one.user), waitingAtMost: 0)
                }
                wasInterrupted = dying.isDead
                if wasInterrupted {
                    #expect(throws: ForgettingError.self) { try request.get() }
                    #expect(erasing.notes.count == 1)
                    try erasing.forgetting().advance()
                } else {
                    #expect(try request.get().isComplete)
                }
                #expect(erasing.notes == [])
                try expectGone(erasing, "statement \(step)")
                try expect(erasing.rows(of: erasing.other), before, "statement \(step)")
                try expect(erasing.outcomes(), ["forgotten\t27\t0", "quarantined\t2\t0", "stored\t24\t24"])
                step += 3
            }
            #expect(try #require(LoadingTests.engine).text(Self.eased) == "0\n")
            #expect(step > 25)
        }

        /// Tables that were left with what an erasure changes for a moment.
        private static let eased =
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND engine_full LIKE '%old_parts_lifetime%'"

        @Test func `While the log's remains cannot be erased it is not complete, and only that is repeated`()
            async throws
        {
            let erasing = try Erasing()
            try await erasing.appendAll()
            try await erasing.loadAll()
            let isUp = Atomic<Bool>(false)
            let forgetting = try erasing.forgetting { isUp.load(ordering: .relaxed) ? nil : "the collector" }
            let receipt = try forgetting.request(.user(erasing.one.user), waitingAtMost: 0)
            #expect(!receipt.isComplete && receipt.waitsFor == "the collector")
            try expectGone(erasing)
            try forgetting.advance()
            #expect(erasing.notes.count == 1 && erasing.scrubs == 2)
            isUp.store(true, ordering: .relaxed)
            try erasing.forgetting { nil }.advance()
            #expect(erasing.notes == [])
            try expect(erasing.traces(of: erasing.one), [])
        }

        @Test(arguments: [
            ("dev", "dev-2"), ("a", "b"), (#"q"uo\te'd % _ .*"#, #"q"uo\te'd % _ .+"#), ("Gerät–1", "gerät–1"),
            ("1", "11"),
        ])
        func `A device is told from others whose names are like it`(device: String, like: String) async throws {
            let erasing = try Erasing(device: device, other: like)
            try await erasing.appendAll()
            // Half of it is in the tables, the other half still to come.
            try await erasing.loadAll()
            let before = try erasing.rows(of: erasing.other)
            for kind in EventKind.allCases {
                let lines = [erasing.one, erasing.other].map { erasing.line(kind, of: $0) }
                try await erasing.site.append(kind, lines)
            }
            let forgetting = try erasing.forgetting()
            _ = try forgetting.request(.device(device), waitingAtMost: 0)
            try expect(erasing.rows(of: erasing.other), before)
            let loading = try erasing.load(forgetting)
            try await eventually { erasing.notes.isEmpty }
            await loading.stop()
            try expectGone(erasing)
            #expect(
                try erasing.site.rows("SELECT count() FROM clicks WHERE user_id = '\(erasing.other.user)'") == ["6"])
        }

        @Test func `An event whose number somebody else used too stays in the ledger as his`() async throws {
            let erasing = try Erasing()
            let shared = "0193579a-0000-7000-8000-\(UInt64.random(in: 0x1000_0000_0000...0xFFFF_FFFF_FFFF).hex)"
            try await erasing.site.append(.click, [erasing.line(.click, of: erasing.other, identifier: shared)])
            try await erasing.site.append(.page, [erasing.line(.page, of: erasing.one, identifier: shared)])
            let loading = try erasing.load()
            try await eventually { try erasing.site.isLoaded(.click, upTo: 1) && erasing.site.isLoaded(.page, upTo: 1) }
            await loading.stop()
            let receipt = try erasing.forgetting().request(.user(erasing.one.user))
            #expect(receipt.isComplete)
            try expect(erasing.outcomes(), ["forgotten\t1\t0", "stored\t1\t1"])
            #expect(try erasing.site.rows("SELECT count() FROM clicks WHERE event_id = '\(shared)'") == ["1"])
        }

        @Test func `A note that cannot be read stops the start, with what to do`() throws {
            let erasing = try Erasing()
            try Folder.make(erasing.site.folder + "/erasures")
            try SmallFile.write("{\"receipt\":", to: erasing.site.folder + "/erasures/x.json")
            #expect(performing: { try erasing.forgetting() }, throws: { "\($0)".contains("x.json is damaged") })
        }
    }
}

extension UInt64 {
    fileprivate var hex: String { String(self, radix: 16) }
}

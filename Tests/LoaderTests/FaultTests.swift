import EventLog
import Events
import Loader
import Platform
import Testing
import Warehouse

extension LoadingTests {
    @Suite struct FaultTests {
        @Test(arguments: [FaultyWarehouse.Fault.unavailableBefore, .unavailableAfter])
        func `An insert that fails, wherever, is made again with its token, and takes effect once`(
            fault: FaultyWarehouse.Fault
        ) async throws {
            let site = try Site()
            site.warehouse.decide { $0.number < 3 ? fault : nil }
            try await site.append(.click, count: 20)
            try await site.loadAll(.click, upTo: 20)
            #expect(try site.stored(.click) == Site.once(20))
            let inserts = site.inserts(.click)
            #expect(inserts.count == 4)
            #expect(Set(inserts.map(\.token)).count == 1 && Set(inserts.map(\.text)).count == 1)
            #expect(site.metric("cinelog_load_retries_total") == 3)
            #expect(site.metric("cinelog_loaded_events_total{topic=\"clicks\"}") == 20)
        }

        @Test func `A topic that fails does not stop the others, and goes on when it can`() async throws {
            let site = try Site()
            site.warehouse.decide { $0.target == .events(.page) ? .unavailableBefore : nil }
            for kind in EventKind.allCases { try await site.append(kind, count: 5) }
            let loading = try site.load()
            for kind in EventKind.allCases where kind != .page {
                try await eventually { try site.isLoaded(kind, upTo: 5) }
            }
            try await eventually { site.inserts(.page).count >= 2 }
            #expect(try site.stored(.page) == Site.once(0))
            try await site.append(.click, count: 5)
            try await eventually { try site.isLoaded(.click, upTo: 10) }

            site.warehouse.decide { _ in nil }
            try await eventually { try site.isLoaded(.page, upTo: 5) }
            await loading.stop()
            for kind in EventKind.allCases { #expect(try site.stored(kind) == Site.once(kind == .click ? 10 : 5)) }
        }

        @Test func `Tries come more and more rarely`() async throws {
            let site = try Site()
            site.warehouse.decide { _ in .unavailableBefore }
            try await site.append(.click, count: 1)
            let loading = try site.load()
            try await eventually { !site.inserts(.click).isEmpty }
            try await Task.sleep(for: .milliseconds(1000))
            // Without a wait in between there would be hundreds; 100, 200, 400, 800 ms less jitter leave five.
            let tries = site.inserts(.click).count
            #expect((2...6).contains(tries), "\(tries) tries")
            let stopping = await loading.stop()
            #expect(stopping < 5000)
            #expect(abs(site.metric("cinelog_load_retries_total") - Double(site.inserts(.click).count)) <= 1)
        }

        @Test func `A slow insert is finished and committed when the loader is told to stop`() async throws {
            let site = try Site()
            site.warehouse.decide { _ in .hang(milliseconds: 400) }
            try await site.append(.click, count: 7)
            let loading = try site.load()
            try await eventually { !site.inserts(.click).isEmpty }
            #expect(await loading.stop() < 10_000)
            #expect(try site.isLoaded(.click, upTo: 7))
            #expect(try site.stored(.click) == Site.once(7))
        }

        @Test func `A loader without work stops at once`() async throws {
            let site = try Site()
            let loading = try site.load()
            try await eventually { !loading.loader.metrics.backlog.isEmpty }
            #expect(await loading.stop() < 5000)
        }
    }

    @Suite struct RestartTests {
        /// Where the first process dies.
        enum Step: CaseIterable, Sendable {
            case beforePlan, afterPlan, inserted, committed
        }

        private static func death(_ step: Step) -> DyingReader.Decision {
            { position in
                switch step {
                case .beforePlan: position.note.isEmpty ? nil : .before
                case .afterPlan: position.note.isEmpty ? nil : .after
                case .inserted: position.note.isEmpty ? .before : nil
                case .committed: position.note.isEmpty ? .after : nil
                }
            }
        }

        @Test(arguments: Step.allCases)
        func `A restart after each step repeats what may be missing and skips what is done`(step: Step) async throws {
            let site = try Site()
            try await site.append(.custom, count: 9)
            let dying = DyingReader(try site.reader(), dies: Self.death(step))
            let first = try site.load(dying)
            try await eventually { dying.isDead }
            await first.stop()
            let tokens = site.inserts(.custom).map(\.token)
            #expect(tokens.count == (step == .inserted || step == .committed ? 1 : 0))
            let left = try site.committed(.custom)
            let plan = LoadPlan(note: left.note)
            #expect((plan != nil) == (step == .afterPlan || step == .inserted))

            // What comes meanwhile must not slip into the plan.
            try await site.append(.custom, count: 4)
            try await site.loadAll(.custom, upTo: 13)
            #expect(try site.stored(.custom) == Site.once(13))
            let again = site.inserts(.custom).dropFirst(tokens.count)
            switch step {
            case .beforePlan: #expect(again.map(\.lines) == [13])
            case .afterPlan, .inserted:
                #expect(again.map(\.lines) == [9, 4])
                #expect(again.first?.token == plan?.token(.customEvents))
                #expect(tokens.allSatisfy { $0 == again.first?.token })
            case .committed: #expect(again.map(\.lines) == [4])
            }
        }

        @Test func `Several deaths in a row change nothing`() async throws {
            let site = try Site()
            try await site.append(.click, count: 6)
            for step in [Step.afterPlan, .inserted, .inserted, .inserted] {
                let dying = DyingReader(try site.reader(), dies: Self.death(step))
                let loading = try site.load(dying)
                try await eventually { dying.isDead }
                await loading.stop()
            }
            try await site.loadAll(.click, upTo: 6)
            #expect(try site.stored(.click) == Site.once(6))
            #expect(Set(site.inserts(.click).map(\.token)).count == 1)
        }

        @Test func `A note that is no plan is passed over, from its position on`() async throws {
            let site = try Site()
            try await site.append(.click, count: 8)
            let reader = try site.reader()
            try reader.commit(TopicPartition(.click), CommittedPosition(next: 5, note: "v9:{\"plan\":1}"))
            reader.close()
            try await site.loadAll(.click, upTo: 8)
            #expect(try site.stored(.click) == Site.once(3))
        }

        @Test func `Of a plan whose events the log does not hold all what is there is loaded`() async throws {
            let site = try Site()
            try await site.append(.click, count: 3)
            try await site.append(.page, count: 3)
            let plan = LoadPlan(first: 0, last: 9, nonce: UUID("0193579a-0000-7000-8000-000000000001")!)
            let reader = try site.reader()
            try reader.commit(TopicPartition(.click), CommittedPosition(next: 0, note: plan.note))
            reader.close()
            let loading = try site.load()
            try await eventually { try site.isLoaded(.page, upTo: 3) }
            try await eventually { try site.isLoaded(.click, upTo: 3) }
            await loading.stop()
            #expect(try site.stored(.click) == Site.once(3))
        }
    }
}

import Events
import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

@Suite(.turn(.processes)) struct TailTests {
    @Test func `A good and a bad event are seen live within a second of being sent, by who has the token`() throws {
        let service = try Service("serve", ["ADMIN_TOKEN": "a-token-for-tests"])
        #expect(try service.get(service.admin + "/v1/tail").status == 401)
        let token = "Authorization: Bearer a-token-for-tests"
        let reader = try LiveReader(service.admin, "/v1/tail", headers: [token])
        #expect(reader.reads { $0.text.contains(": what arrives") }, "\(reader.text)")
        let name = mark()
        #expect(try service.post("/clicks/", "{\"obj_id\":\"\(name)\"}").status == 201)
        #expect(try service.post("/clicks/", "{\"obj_id\":5}").status == 422)
        #expect(reader.reads(within: 1_000) { $0.data("accepted").count == 1 && $0.data("rejected").count == 1 })
        #expect(reader.data("accepted").first?.contains(name) == true)
        let bad = reader.data("rejected").first ?? ""
        #expect(bad.contains(#""field":"obj_id""#) && bad.contains(#""reason":"must be"#), "\(bad)")
        // Nor does a reader hold up the end.
        let started = Clock.monotonicMilliseconds()
        #expect(service.stop() == 0)
        #expect(Clock.monotonicMilliseconds() - started < 5_000)
        #expect(reader.readsToTheEnd())
    }

    @Test func `A reader that does not read costs no event, little memory, and is told how many it missed`() throws {
        let service = try Service("serve")
        let collector = try #require(service.child("collect"))
        let reader = try LiveReader(service.admin, "/v1/tail?kind=custom")
        #expect(reader.reads { $0.text.contains(": what arrives") }, "\(reader.text)")
        let text = String(repeating: "x", count: 1_000)
        let event = "{\"type\":\"custom\",\"information\":{\"text\":\"\(text)\"}}"
        let batch = "[" + Array(repeating: event, count: 500).joined(separator: ",") + "]"
        func send(_ batches: Int) throws {
            for _ in 0..<batches { #expect(try service.post("/v1/events", batch).status == 201) }
        }
        try send(10)
        let memory = kibibytes(collector)
        try send(90)
        #expect(kibibytes(collector) < memory + 16_384, "\(memory) KiB grew to \(kibibytes(collector))")
        #expect(try service.count("custom_events", reaching: 50_000, within: 60_000) == 50_000)
        #expect(reader.reads(within: 60_000) { told($0) == 50_000 }, "\(told(reader)) of 50,000")
        #expect(!reader.data("dropped").isEmpty && !reader.data("accepted").isEmpty)
    }

    private func told(_ reader: LiveReader) -> Int {
        let dropped = reader.data("dropped").compactMap { Int($0.filter(\.isNumber)) }
        return reader.data("accepted").count + dropped.reduce(0, +)
    }

    private func kibibytes(_ process: pid_t) -> Int {
        let line = Service.text("/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? .max
    }
}

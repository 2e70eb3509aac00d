import HTTPClient
import TestSupport
import Testing

/// Rate limits and trusted proxies as settings of the real binary. (What they count: CollectorTests.)
@Suite(.turn(.processes)) struct RateLimitTests {
    @Test func `Settings limit an address, by the word of a trusted proxy, and the store tells of it`() throws {
        let service = try Service(
            "serve", ["RATE_LIMIT_PER_ADDRESS": "1", "RATE_LIMIT_BURST_S": "60", "TRUSTED_PROXIES": "127.0.0.1, ::1"])
        func click(_ forwarded: String) throws -> HTTPClientResponse {
            try service.post("/clicks/", #"{"obj_id":"play"}"#, headers: [("X-Forwarded-For", forwarded)])
        }
        let event = #"{"type":"click","obj_id":"play"}"#
        let batch = "[" + Array(repeating: event, count: 1_000).joined(separator: ",") + "]"
        #expect(try service.post("/v1/events", batch, headers: [("X-Forwarded-For", "203.0.113.9")]).status == 201)
        // 1,000 events of 60: it has to wait for a quarter of an hour.
        let refused = try click("198.51.100.1, 203.0.113.9")
        #expect(refused.status == 429)
        #expect(refused.header("Retry-After").flatMap { Int($0) } ?? 0 > 600)
        #expect(
            refused.text
                == #"{"errors":[{"field":"","message":"too many events from this address: send again later"}]}"#)
        #expect(try click("203.0.113.8").status == 201)
        #expect(try service.count("clicks", reaching: 1_001) == 1_001)
        let metrics = try service.get(service.admin + "/metrics").text
        #expect(metrics.contains(#"cinelog_rate_limited_total{by="address"} 1"# + "\n"))
        #expect(metrics.contains(#"cinelog_http_requests_total{route="/clicks",status="429"} 1"# + "\n"))
    }

    @Test func `Without settings there is no limit, and nobody is believed about an address`() throws {
        let service = try Service("collect", ["TRUSTED_PROXIES": ""])
        let event = #"{"type":"click","obj_id":"play"}"#
        let batch = "[" + Array(repeating: event, count: 2_000).joined(separator: ",") + "]"
        for _ in 0..<20 { #expect(try service.post("/v1/events", batch, gzip: true).status == 201) }
    }
}

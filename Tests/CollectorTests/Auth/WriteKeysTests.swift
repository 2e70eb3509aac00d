import Collector
import TestSupport
import Testing

struct WriteKeysTests {
    private func allows(_ keys: WriteKeys, _ key: String) -> Bool { withBytes(key) { keys.allows($0) } }

    @Test func `without keys everyone may send`() {
        let keys = WriteKeys([])
        #expect(keys.isEmpty)
        #expect(keys.allows(nil))
        #expect(allows(keys, "anything"))
    }

    @Test func `each key opens the door, whole`() {
        let keys = WriteKeys([
            "web-4f1c", "a much longer key than the first one, beyond one block of any digest", "ключ",
        ])
        #expect(!keys.isEmpty)
        #expect(allows(keys, "web-4f1c"))
        #expect(allows(keys, "a much longer key than the first one, beyond one block of any digest"))
        #expect(allows(keys, "ключ"))
    }

    @Test func `nothing else does`() {
        let keys = WriteKeys(["web-4f1c", "ios-77aa"])
        #expect(!keys.allows(nil))
        for key in ["", "web-4f1", "web-4f1c ", "web-4f1d", "WEB-4F1C", "web-4f1cios-77aa", "\0"] {
            #expect(!allows(keys, key))
        }
        #expect(!allows(keys, String(repeating: "x", count: 100_000)))
    }
}

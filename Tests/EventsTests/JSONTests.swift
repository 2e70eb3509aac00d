import Events
import Testing

@Suite struct JSONTests {
    let fixture = Fixture()

    @Test(arguments: [
        #"{"a":1,}"#, #"{"a":1, !!!!}"#, "{'a':1}", #"{"a":01}"#, #"{"a":1.}"#, #"{"a":+1}"#, #"{"a":.5}"#,
        #"{"a":NaN}"#, #"{"a":Infinity}"#, "{", "[1,2", #"{"a" 1}"#, "", " ", "{} {}", "nul", "tru",
        "{\"a\":\"\n\"}", "{\"a\":\"\u{1}\"}", #"{"a":"\x"}"#, #"{"a":"\ud800"}"#, #"{"a":"\udc00\ud800"}"#,
        #"{"a":"\u12"}"#, #"{"a":"b}"#, "{\"a\":1}\u{0}", "\u{FEFF}{}x", #"{"a":-}"#, #"{"a":1e}"#, #"{"a":0x10}"#,
    ])
    func `What is not JSON is malformed`(text: String) {
        #expect(performing: { _ = try fixture.parse(text) }, throws: { ($0 as? JSONError)?.isWellFormed == false })
    }

    @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xE2, 0x82]])
    func `Bytes that are not UTF-8 are malformed`(bytes: [UInt8]) {
        let text = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
        #expect(throws: JSONError.malformed("the text is not valid UTF-8")) { _ = try fixture.parse(text) }
    }

    @Test(arguments: ["18446744073709551616", "1e400", "-1e400", "-9223372036854775809", "1e999999999999"])
    func `A number that does not fit is well-formed, out of range, and its field is named`(number: String) {
        #expect(throws: JSONError.numberOutOfRange(field: "dur\\\"ation")) {
            _ = try fixture.parse(#"{"x":1,"dur\"ation":\#(number)}"#)
        }
    }

    @Test func `Nesting is taken up to the limit and not beyond`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + "0" + String(repeating: "]", count: depth)
        }
        _ = try fixture.parse(nested(EventLimits().depthMax))
        #expect(throws: JSONError.tooDeep(max: EventLimits().depthMax)) {
            _ = try fixture.parse(nested(EventLimits().depthMax + 1))
        }
        #expect(throws: JSONError.tooDeep(max: EventLimits().depthMax)) { _ = try fixture.parse(nested(100_000)) }
    }

    @Test(arguments: [
        #"{"a":[1,-2,3.5,1e21,true,false,null,"x\"\\\n\u0001é€🎬"],"b":{},"c":[]}"#,
        #"[18446744073709551615,-9223372036854775808,0.1,1e-7,1.5e300]"#,
        #""\u0000\u001f""#,
    ])
    func `What is written reads back as the same value`(text: String) throws {
        let once = ByteBuffer()
        once.appendJSON(try fixture.parse(text))
        let twice = ByteBuffer()
        twice.appendJSON(try fixture.parse(once.string))
        #expect(once.string == twice.string)
        #expect(!once.string.utf8.contains { $0 < 0x20 })
    }

    @Test func `Values are found by name, by kind and by place`() throws {
        let value = try fixture.parse(
            #"{"s":"x","i":-3,"u":18446744073709551615,"d":0.5,"t":true,"n":null,"a":[1,[2]],"o":{"k":7}}"#)
        #expect(value["s"]?.string == "x")
        #expect(value["i"]?.int == -3)
        #expect(value["u"]?.double == 0x1p64)
        #expect(value["d"]?.double == 0.5)
        #expect(value["t"]?.bool == true)
        #expect(value["n"]?.isNull == true)
        #expect(value["o"]?["k"]?.int == 7)
        #expect(value["missing"] == nil)
        #expect(value["a"]?.elements.map(\.kind) == [.int, .array])
        #expect(value.memberCount == 8)
    }

    @Test func `Keys that stand twice are found at any depth and number`() throws {
        #expect(try fixture.parse(#"{"a":1,"b":{"c":1}}"#).firstDuplicateKey() == nil)
        #expect(try fixture.parse(#"{"a":1,"a":2}"#).firstDuplicateKey() == "a")
        #expect(try fixture.parse(#"{"a":1,"\u0061":2}"#).firstDuplicateKey() == "a")
        #expect(try fixture.parse(#"[{"x":[{"y":{"z":1,"w":2,"z":3}}]}]"#).firstDuplicateKey() == "z")
        let many = (0..<2000).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(try fixture.parse("{\(many)}").firstDuplicateKey() == nil)
        #expect(try fixture.parse("{\(many),\"k77\":1}").firstDuplicateKey() == "k77")
    }
}

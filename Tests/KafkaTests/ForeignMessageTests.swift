import EventLog
import Events
import Glibc
import TestSupport
import Testing

extension KafkaTests {
    @Suite("Messages of others")
    struct ForeignMessageTests {
        /// What some other program puts into a topic, and the line that the Loader gets.
        static let cases: [(value: String, line: String)] = [
            ("not json", "\"not json\""),
            ("{\"a\":1}{\"a\":2}", "\"{\\\"a\\\":1}{\\\"a\\\":2}\""),
            ("{\"obj_id\":\"", "\"{\\\"obj_id\\\":\\\"\""),
            ("two\nlines", "\"two\\nlines\""),
            ("[1,2]", "\"[1,2]\""),
            ("{\"user_id\":\"x\",\"time\":1646239000}", "{\"user_id\":\"x\",\"time\":1646239000}"),
            ("\u{1}\u{7f}", "\"\\u0001\u{7f}\""),
            // Pretty-printed: JSON allows line ends between its parts only.
            ("{\n\"event_id\": \"e\",\r\n\"obj_id\": \"b\"\n}", "{ \"event_id\": \"e\",  \"obj_id\": \"b\" }"),
        ]

        @Test(
            "Whatever is in a message, it is one line, the same each time, and one that no table takes unless it is an object"
        )
        func lines() throws {
            let brokers = try Brokers()
            let reader = try ReaderSite(brokers)
            #expect(try reader.waitForPartitions(3))
            let folder = Service.temporaryFolder()
            defer { _ = Service.shell("rm -rf '\(folder)'") }
            for (index, foreign) in ForeignMessageTests.cases.enumerated() {
                let file = fopen("\(folder)/\(index)", "w")!
                fputs(foreign.value, file)
                fclose(file)
            }
            let files = ForeignMessageTests.cases.indices.map { "\(folder)/\($0)" }.joined(separator: " ")
            #expect(
                Service.shell("kcat -b \(brokers.addresses) -P -t \(brokers.topicPrefix)clicks -p 0 \(files)").code == 0
            )
            // A value that is not text, and none at all.
            #expect(
                Service.shell(
                    "printf '\\377\\000' > \(folder)/x; kcat -b \(brokers.addresses) -P -t \(brokers.topicPrefix)clicks -p 0 \(folder)/x"
                ).code == 0)
            #expect(
                Service.shell(
                    "printf 'key:' | kcat -b \(brokers.addresses) -P -t \(brokers.topicPrefix)clicks -p 0 -K: -Z"
                ).code == 0)
            let expected = ForeignMessageTests.cases.map(\.line) + ["\"\u{FFFD}\\u0000\"", "\"\""]
            #expect(reader.readAll(count: expected.count) == expected)
        }

        @Test("In the topic of refused events, what is no row of the quarantine becomes one")
        func rejected() throws {
            let brokers = try Brokers()
            let reader = try ReaderSite(brokers)
            #expect(try reader.waitForPartitions(3, .rejected))
            let ours = "{\"kind\":\"click\",\"payload\":\"{}\"}"
            let values = "nonsense\n{\"a\":1}\n\(ours)"
            let command =
                "printf '%s\\n' '\(values)' | kcat -b \(brokers.addresses) -P -t \(brokers.topicPrefix)rejected -p 0"
            #expect(Service.shell(command).code == 0)
            let row =
                "{\"kind\":\"\",\"source\":\"rejected\",\"reason\":\"somebody else's message in the topic\",\"payload\":"
            #expect(
                reader.readAll(.rejected, count: 3)
                    == [row + "\"nonsense\"}", row + "\"{\\\"a\\\":1}\"}", ours])
        }
    }
}

import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

/// The real collector on damaged files.
@Suite(.turn(.processes)) struct DamagedLogTests {
    /// Writes `count` bytes of nonsense into a file.
    private func overwrite(_ path: String, at offset: Int, count: Int) {
        let file = open(path, O_WRONLY)
        let noise = [UInt8](repeating: 0xA5, count: count)
        pwrite(file, noise, count, off_t(offset))
        close(file)
    }

    @Test(arguments: ["header", "schema", "cut", "positions"])
    func `The collector starts on damaged files, says what is lost, and takes events`(damage: String) throws {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let first = try Service("collect", folder: folder)
        for index in 0..<100 { #expect(try first.post("/clicks/", #"{"obj_id":"\#(index)"}"#).status == 201) }
        #expect(first.stop() == 0)
        let log = folder + "/log.sqlite"
        switch damage {
        case "header": overwrite(log, at: 0, count: 100)
        case "schema": overwrite(log, at: 100, count: 8000)
        case "cut": #expect(truncate(log, 8192 * 11) == 0)
        default: overwrite(folder + "/positions.sqlite", at: 0, count: 4096)
        }
        let second = try Service("collect", folder: folder)
        #expect(try second.post("/clicks/", #"{"obj_id":"after"}"#).status == 201)
        #expect(try second.get(second.ingest + "/readyz").status == 200)
        if damage != "positions" {
            #expect(second.output.contains("the event log was damaged and has been salvaged"))
            #expect(Service.shell("ls '\(folder)'/log.damaged-*.json | wc -l").output.hasPrefix("1"))
        }
        let store = try Service("store", folder: folder)
        let lines = try store.count("clicks", reaching: damage == "cut" ? 1 : 101)
        #expect(damage == "cut" ? lines >= 1 && lines <= 101 : lines == 101, "\(damage): \(lines)")
        store.stop()
        // A second start finds nothing to salvage.
        #expect(second.stop() == 0)
        let third = try Service("collect", folder: folder)
        #expect(third.output.components(of: "has been salvaged") == (damage == "positions" ? 0 : 1))
        #expect(third.stop() == 0)
    }
}

extension String {
    /// How often `text` is in it.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}

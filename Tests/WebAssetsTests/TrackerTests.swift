import TestSupport
import Testing
import WebAssets

/// The browser SDK as it is handed out. What it does is tested in a browser: `Tests/EndToEnd/browser`.
@Suite struct TrackerTests {
    private static let bytesMax = 4096

    @Test(arguments: ["/cinelog.js", "/cinelog.mjs"])
    func `The tracker is at most 4 KiB gzipped`(path: String) throws {
        let packed = Service.shell("gzip -9 --no-name --stdout Sources/CWebAssets/files\(path) | wc -c")
        let count = try #require(Int(packed.output.filter(\.isNumber)))
        #expect(packed.code == 0 && count > 1000 && count <= Self.bytesMax, "\(path): \(count) bytes")
        #expect(try text(path) == Service.text(Service.root + "/Sources/CWebAssets/files" + path))
    }

    @Test(arguments: ["/cinelog.js", "/cinelog.mjs"])
    func `The tracker makes no markup, runs no text, and sets no cookie`(path: String) throws {
        let script = try text(path)
        for way in ["innerHTML", "outerHTML", "document.write", "eval(", "new Function", ".cookie"] {
            #expect(!script.contains(way), "\(way)")
        }
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try #require(WebAssets.tracker.first { $0.path == path }).bytes, as: UTF8.self)
    }
}

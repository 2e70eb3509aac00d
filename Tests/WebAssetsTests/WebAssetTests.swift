import Testing
import WebAssets

@Suite struct WebAssetTests {
    static let files = WebAssets.documents + WebAssets.tracker + WebAssets.dashboard

    @Test(arguments: WebAssetTests.files.map(\.path))
    func `A file is there`(path: String) throws {
        let asset = try asset(path)
        #expect(asset.bytes.count > 100, "\(path) has \(asset.bytes.count) bytes")
    }

    @Test func `Paths are told apart`() {
        let paths = WebAssetTests.files.map(\.path)
        #expect(Set(paths).count == paths.count)
    }

    /// The Content-Security-Policy lets neither run; and markup made of data would be a hole were it gone.
    @Test(arguments: ["/", "/apidocs"])
    func `A page has no script or handler within`(path: String) throws {
        let page = try text(path).lowercased()
        #expect(page.contains("<script src=") && !page.contains("<script>"))
        for handler in ["onclick=", "onload=", "onerror=", "javascript:"] { #expect(!page.contains(handler)) }
    }

    @Test(arguments: ["/", "/apidocs"])
    func `A page asks for files of this program only`(path: String) throws {
        let known = WebAssetTests.files.map(\.path) + ["/metrics", "/v1/insights/overview"]
        let parts = try text(path).split(separator: "\"")
        for (name, value) in zip(parts, parts.dropFirst()) where name.hasSuffix("src=") || name.hasSuffix("href=") {
            #expect(value.hasPrefix("#") || known.contains(String(value)), "\(path) asks for \(value)")
        }
    }

    @Test func `The first page's script makes text of data, never markup`() throws {
        let script = try text("/dashboard.js")
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!script.contains(way), "\(way)")
        }
    }

    @Test func `The script finds every element that it looks for`() throws {
        let page = try text("/")
        let parts = try text("/dashboard.js").split(separator: "\"")
        var looked = 0
        for (before, id) in zip(parts, parts.dropFirst()) where before.hasSuffix("find(") {
            looked += 1
            #expect(page.contains("id=\"\(id)\""), "no element \(id)")
        }
        #expect(looked > 10)
    }

    private func asset(_ path: String) throws -> WebAsset {
        try #require(WebAssetTests.files.first { $0.path == path })
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try asset(path).bytes, as: UTF8.self)
    }
}

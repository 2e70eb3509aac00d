import Testing
import WebAssets

@Suite struct WebAssetTests {
    static let files = WebAssets.documents + WebAssets.tracker + WebAssets.dashboard

    @Test(arguments: WebAssetTests.files.map(\.path))
    func `A file is there`(path: String) throws {
        let asset = try WebAssetTests.asset(path)
        #expect(asset.bytes.count > 100, "\(path) has \(asset.bytes.count) bytes")
    }

    @Test func `Paths are told apart`() {
        let paths = WebAssetTests.files.map(\.path)
        #expect(Set(paths).count == paths.count)
    }

    /// The Content-Security-Policy lets neither run; and markup made of data would be a hole were it gone.
    @Test(arguments: ["/", "/apidocs"])
    func `A page has no script or handler within`(path: String) throws {
        let page = try WebAssetTests.text(path).lowercased()
        #expect(page.contains("src=\"") && !page.contains("<script>"))
        for handler in ["onclick=", "onload=", "onerror=", "javascript:"] { #expect(!page.contains(handler)) }
    }

    @Test(arguments: ["/", "/apidocs"])
    func `A page asks for files of this program only`(path: String) throws {
        let known = WebAssetTests.files.map(\.path) + ["/v1/insights/questions"]
        let parts = try WebAssetTests.text(path).split(separator: "\"")
        for (name, value) in zip(parts, parts.dropFirst()) where name.hasSuffix("src=") || name.hasSuffix("href=") {
            #expect(value.hasPrefix("#") || known.contains(String(value)), "\(path) asks for \(value)")
        }
    }

    static func asset(_ path: String) throws -> WebAsset {
        try #require(files.first { $0.path == path }, "no file \(path)")
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try asset(path).bytes, as: UTF8.self)
    }
}

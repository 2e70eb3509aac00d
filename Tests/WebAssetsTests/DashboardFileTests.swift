import TestSupport
import Testing
import WebAssets

/// The dashboard's modules as the program holds them. What they do is tested in a browser (`Tests/EndToEnd/browser`).
@Suite struct DashboardFileTests {
    private static let own = WebAssets.dashboard.filter { $0.path != "/dashboard/chart.js" }
    private static let modules = own.map(\.path).filter { $0.hasSuffix(".js") }

    @Test func `Every file of the folder is served, and no other`() {
        let listed = Service.shell("cd '\(Service.root)/Sources/CWebAssets/files/dashboard' && find . -type f")
        #expect(listed.code == 0)
        let inFolder = listed.output.split(separator: "\n").map { "/dashboard/" + $0.dropFirst(2) }
        let served = DashboardFileTests.own.map { $0.path == "/" ? "/dashboard/index.html" : $0.path }
        #expect(Set(served) == Set(inFolder))
    }

    @Test(arguments: modules)
    func `A module makes text of data, never markup`(path: String) throws {
        let script = try WebAssetTests.text(path)
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!script.contains(way), "\(way)")
        }
    }

    @Test func `What a module imports is served`() throws {
        var imports = 0
        for path in DashboardFileTests.modules {
            for target in try DashboardFileTests.imports(path) {
                imports += 1
                #expect(DashboardFileTests.modules.contains(target), "\(path) imports \(target)")
            }
        }
        #expect(imports > 100)
    }

    /// The paths behind `from "./…"` and `from "../…"`.
    private static func imports(_ path: String) throws -> [String] {
        let folder = path.split(separator: "/").dropLast()
        return try WebAssetTests.text(path).split(separator: "\n").filter { $0.contains(" from \".") }.map { line in
            var parts = folder
            for part in line.split(separator: "\"")[1].split(separator: "/") where part != "." {
                if part == ".." { parts.removeLast() } else { parts.append(part) }
            }
            return "/" + parts.joined(separator: "/")
        }
    }
}

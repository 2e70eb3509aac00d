import Glibc

/// Finds the engine's shared library: `_chdb.abi3.so` of the PyPI wheel chdb-core, or a release's `libchdb.so`.
public enum LibrarySearch {
    /// The version that `./dev setup` unpacks.
    public static let version = "26.9.0"

    static let names = ["_chdb.abi3.so", "libchdb.so"]

    /// The library's path: `explicit` (a file, or a folder that holds one) when it is given; else beside the program
    /// (`../lib/cinelog/chdb`); else in the cache folder of the nearest source tree above the program or the working folder.
    public static func find(explicit: String?) throws(WarehouseError) -> String {
        if let explicit, !explicit.isEmpty {
            guard let found = library(at: explicit) else { throw missing("CHDB_LIB_PATH is \(explicit), but there") }
            return found
        }
        let program = programFolder()
        if let found = library(at: program + "/../lib/cinelog/chdb") { return found }
        for start in [program, workingFolder()] {
            if let found = inAncestors(of: start) { return found }
        }
        throw missing("Beside \(program) and above it")
    }

    private static func missing(_ place: String) -> WarehouseError {
        .unavailable(
            "\(place) is no \(names.joined(separator: " or ")) (the embedded ClickHouse, chDB \(version)). "
                + "Run ./dev setup, or set CHDB_LIB_PATH to the library or its folder.")
    }

    private static func library(at path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT != S_IFDIR { return path }
        return names.map { path + "/" + $0 }.first { access($0, R_OK) == 0 }
    }

    private static func inAncestors(of start: String) -> String? {
        var folder = Substring(start)
        while true {
            if let found = library(at: folder + "/.cache/chdb/" + version) { return found }
            guard let slash = folder.lastIndex(of: "/") else { return nil }
            folder = folder[..<slash]
        }
    }

    private static func programFolder() -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        let path = String(decoding: buffer.prefix(max(length, 0)), as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func workingFolder() -> String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }
}

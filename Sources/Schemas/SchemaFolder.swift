import Platform

/// The folder of schemas: `name/version.json`, versions from 1.
///
/// What cannot be used leaves the version that was read before in its place; a file that is gone takes its version with it.
struct SchemaFolder: Sendable {
    let path: String
    static let filesMax = 1_000
    private static let versionMax = 1_000_000

    private struct Entry {
        let name: String
        let version: Int
        var path: String { "\(name)/\(version).json" }
    }

    /// What tells whether anything changed: names, lengths, times and inodes of all files.
    func signature() -> String {
        guard let files = try? FileTree.files(below: path) else { return "unreadable" }
        return files.prefix(SchemaFolder.filesMax).map { "\($0.path) \(SchemaFile.signature(path + "/" + $0.path))" }
            .joined(separator: "\n")
    }

    /// Reads all anew.
    ///
    /// - Parameter old: what was good before.
    func read(_ old: SchemaSet) -> SchemaSet {
        guard Folder.exists(path) else { return missing(old) }
        var new = SchemaSet()
        let files: [FileTree.File]
        do {
            files = try FileTree.files(below: path)
        } catch {
            new = old
            new.problems["."] = "\(error)"
            return new
        }
        if files.count > SchemaFolder.filesMax { new.problems["."] = "only \(SchemaFolder.filesMax) files are read" }
        for file in files.prefix(SchemaFolder.filesMax) where file.path.hasSuffix(".json") {
            add(file.path, old, &new)
        }
        for name in new.schemas.keys { new.schemas[name]?.sort { $0.version < $1.version } }
        return new
    }

    /// No folder from the start is no fault; one that goes away later is.
    private func missing(_ old: SchemaSet) -> SchemaSet {
        var new = old
        new.problems = old.schemas.isEmpty ? [:] : [".": "the folder is gone"]
        return new
    }

    private func add(_ file: String, _ old: SchemaSet, _ new: inout SchemaSet) {
        guard let entry = SchemaFolder.entry(file) else {
            new.problems[file] = "is not named as in quality_changed/1.json"
            return
        }
        let before = old.find(entry.name, entry.version)
        do {
            let text = try SchemaFile.read(path + "/" + file)
            let counts = before?.counts ?? SchemaCounts()
            let schema = try EventSchema(text, name: entry.name, version: entry.version, counts: counts)
            new.schemas[entry.name, default: []].append(schema)
        } catch {
            new.problems[file] = "\(error)"
            if let before { new.schemas[entry.name, default: []].append(before) }
        }
    }

    private static func entry(_ path: String) -> Entry? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, isName(parts[0]), let version = Int(parts[1].dropLast(5)),
            (1...versionMax).contains(version)
        else { return nil }
        let entry = Entry(name: String(parts[0]), version: version)
        return entry.path == path ? entry : nil
    }

    /// Names are also labels of metrics.
    private static func isName(_ text: Substring) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}

import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FileTests {
    private func folder() -> String { Service.temporaryFolder() }

    @Test func `A tree is listed below its root, in order, links and sockets passed over`() throws {
        let root = folder()
        defer { try? FileTree.remove(root) }
        try Folder.make(root + "/b/c")
        try SmallFile.write("12", to: root + "/b/c/z")
        try SmallFile.write("1", to: root + "/a")
        symlink("/etc/passwd", root + "/b/link")
        #expect(try FileTree.files(below: root) == [.init(path: "a", bytes: 1), .init(path: "b/c/z", bytes: 2)])
        #expect(try FileTree.folders(below: root) == ["b", "b/c"])
    }

    @Test func `Removing a tree removes links and not what they point to`() throws {
        let (root, other) = (folder(), folder())
        defer { try? FileTree.remove(other) }
        try SmallFile.write("kept", to: other + "/file")
        try Folder.make(root + "/a/b")
        symlink(other, root + "/a/b/link")
        try FileTree.remove(root)
        #expect(!Folder.exists(root))
        #expect(try SmallFile.read(other + "/file") == "kept")
        try FileTree.remove(root)
    }

    @Test func `A small file is replaced as a whole, and one that is missing reads as nothing`() throws {
        let root = folder()
        defer { try? FileTree.remove(root) }
        #expect(try SmallFile.read(root + "/x") == nil)
        for text in ["one", "another, longer", ""] {
            try SmallFile.write(text, to: root + "/x")
            #expect(try SmallFile.read(root + "/x") == text)
        }
        #expect(try FileTree.names(in: root) == ["x"])
    }

    @Test func `An error names action, path and the system's reason`() {
        #expect(
            performing: { try SmallFile.write("x", to: "/nowhere/x") },
            throws: { "\($0)" == "cannot open /nowhere/x.new: No such file or directory" })
    }
}

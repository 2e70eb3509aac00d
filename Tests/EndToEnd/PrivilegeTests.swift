import Glibc
import HTTPClient
import Platform
import TestSupport
import Testing

/// What the processes leave behind and need: no dumps of memory, files for their owner alone, no root.
@Suite(.turn(.processes)) struct PrivilegeTests {
    /// Values of /proc/PID/status, such as `Uid`.
    private func status(_ pid: pid_t, _ name: String) -> [String] {
        let line = Service.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst().map(String.init) ?? []
    }

    private func roles(_ service: Service) throws -> [pid_t] {
        [service.pid, try #require(service.child("collect")), try #require(service.child("store"))]
    }

    @Test func `No process may dump its memory, however cores are handled`() throws {
        let service = try Service("serve")
        for pid in try roles(service) {
            let limits = Service.text("/proc/\(pid)/limits").split(separator: "\n")
            let core = try #require(limits.first { $0.hasPrefix("Max core file size") })
            #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"], "\(core)")
            #expect(Service.text("/proc/\(pid)/coredump_filter") == "00000000\n")
        }
    }

    @Test func `A process that crashes leaves no core`() throws {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        // It may dump, as far as its surroundings are concerned.
        let service = try Service(
            "collect", folder: folder,
            program: ["/bin/sh", "-c", "ulimit -c unlimited; exec \"$0\" \"$@\"", Service.binary])
        #expect(try service.post("/clicks/", #"{"obj_id":"in-memory"}"#).status == 201)
        #expect(service.end(SIGSEGV) == 128 + SIGSEGV)
        #expect(Service.shell("ls '\(folder)' | grep -c core").output == "0\n")
    }

    @Test func `All that is written is its owner's alone, whatever the umask was`() throws {
        let above = Service.temporaryFolder()
        defer { _ = Service.shell("chmod -R u+rwx '\(above)'; rm -rf '\(above)'") }
        let data = above + "/new/data"
        let service = try Service(
            "serve", ["DATA_DIR": data], folder: data, outputFolder: above,
            program: ["/bin/sh", "-c", "umask 000; exec \"$0\" \"$@\"", Service.binary])
        #expect(try service.post("/clicks/", #"{"obj_id":"kept"}"#).status == 201)
        #expect(try service.count("clicks", reaching: 1) == 1)
        service.stop()
        #expect(Service.shell("stat -c %a '\(data)' '\(above)/new'").output == "700\n700\n")
        let open = Service.shell("find '\(above)/new' -perm /077 ! -type l").output
        #expect(open.isEmpty, "\(open)")
        #expect(Service.shell("find '\(data)' -type f | grep -c .").output != "0\n")
    }

    /// (Run as root, the tests become nobody for it.)
    @Test func `It needs no root and no capability`() throws {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let isRoot = geteuid() == 0
        if isRoot { #expect(Service.shell("chown 65534:65534 '\(folder)'").code == 0) }
        let become =
            isRoot ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"] : []
        let service = try Service("serve", folder: folder, program: become + [Service.binary])
        for pid in try roles(service) {
            #expect(status(pid, "Uid").allSatisfy { $0 != "0" } && status(pid, "Uid").count == 4)
            if isRoot { #expect(status(pid, "CapEff") == ["0000000000000000"]) }
        }
        #expect(try service.post("/clicks/", #"{"obj_id":"unprivileged"}"#).status == 201)
        #expect(try service.count("clicks", reaching: 1) == 1)
        #expect(service.stop() == 0)
    }
}

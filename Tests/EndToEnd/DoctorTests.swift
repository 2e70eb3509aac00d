import Glibc
import HTTPClient
import TestSupport
import Testing

/// `cinelog doctor` on one machine: alone, beside a running service, and where something is wrong.
@Suite(.turn(.processes)) struct DoctorTests {
    private func lines(_ output: String, _ state: String) -> [Substring] {
        output.split(separator: "\n").filter { $0.hasPrefix(state) }
    }

    /// Names, sizes, owners and times of all that is in a folder. (`-shm` is memory that SQLite's readers share.)
    private func listing(_ folder: String) -> String {
        Service.shell("find '\(folder)' -not -name output.txt -not -name '*-shm' -printf '%P %s %u %T@\\n' | sort")
            .output
    }

    @Test("On a bare machine all is well, and nothing is made")
    func bare() {
        let folder = Service.temporaryFolder()
        defer { _ = Service.shell("rm -rf '\(folder)'") }
        let before = listing(folder)
        let doctor = Service.shell(
            "'\(Service.binary)' doctor", in: folder,
            environment: [
                "DATA_DIR": folder + "/not/yet", "INGEST_LISTEN": "127.0.0.1:\((try? Service.freePort()) ?? 0)",
                "ADMIN_LISTEN": "127.0.0.1:\((try? Service.freePort()) ?? 0)", "LOG_MAX_BYTES": "16M",
            ])
        #expect(doctor.code == 0, "\(doctor.output)")
        #expect(lines(doctor.output, "failed").isEmpty)
        for words in ["not there yet", "free: no Cinelog runs there", "fsync: ", "embedded ClickHouse: /"] {
            #expect(doctor.output.contains(words), "\(words): \(doctor.output)")
        }
        #expect(listing(folder) == before)
    }

    @Test("Beside a running service it tells of it, takes nothing from it, and leaves its files as they are")
    func running() throws {
        let service = try Service("serve", ["LOG_MAX_BYTES": "16M"])
        for _ in 0..<20 { #expect(try service.post("/clicks/", #"{"obj_id": "play"}"#).status == 201) }
        #expect(try service.count("clicks", reaching: 20) == 20)
        // Rows are there a moment before it is noted that they are.
        let noted = holds(within: 30_000) {
            service.command("doctor").output.contains("ok      log: nothing waits for loading")
        }
        let doctor = service.command("doctor")
        #expect(noted && doctor.code == 0, "\(doctor.output)")
        #expect(doctor.output.split(separator: "\n").filter { $0.hasSuffix("a running Cinelog answers") }.count == 2)
        #expect(try service.post("/clicks/", #"{"obj_id": "play"}"#).status == 201)
        #expect(try service.count("clicks", reaching: 21) == 21)
        #expect(service.stop() == 0)
        let before = listing(service.folder)
        let after = service.command("doctor")
        #expect(after.code == 0 && after.output.contains("nothing waits for loading"), "\(after.output)")
        #expect(listing(service.folder) == before)
    }

    @Test("What waits in the log is told, of a collector that runs and of one that was killed")
    func backlog() throws {
        let service = try Service("collect", ["LOG_MAX_BYTES": "16M"])
        for _ in 0..<7 { #expect(try service.post("/clicks/", #"{"obj_id": "play"}"#).status == 201) }
        #expect(service.command("doctor").output.contains("log: 7 events wait for loading"))
        service.end(SIGKILL)
        let before = listing(service.folder)
        let doctor = service.command("doctor")
        #expect(doctor.output.contains("log: 7 events wait for loading"), "\(doctor.output)")
        #expect(listing(service.folder) == before)
    }

    @Test("Wrong settings are all named, and an address that another program holds; the exit code is 1")
    func faults() throws {
        let service = try Service("serve", starts: false)
        let wrong = Service.shell(
            "'\(Service.binary)' doctor", in: service.folder,
            environment: ["LOG_LEVEL": "loud", "KAFKA_NUM_PARTITIONS": "0"])
        #expect(wrong.code == 1 && lines(wrong.output, "failed").count == 2, "\(wrong.output)")
        let other = try WebListener()
        let held = Service.shell(
            "'\(Service.binary)' doctor --json", in: service.folder,
            environment: [
                "DATA_DIR": service.folder, "INGEST_LISTEN": "127.0.0.1:\(other.port)", "CHDB_LIB_PATH": "/nowhere",
                "ADMIN_LISTEN": "127.0.0.1:\(try Service.freePort())", "LOG_MAX_BYTES": "16M",
            ])
        #expect(held.code == 1)
        #expect(held.output.contains(#""state":"failed","found":"another program holds it""#), "\(held.output)")
        #expect(held.output.contains(#"{"check":"embedded ClickHouse","state":"failed""#), "\(held.output)")
        #expect(held.output.hasSuffix("\"good\":false}\n"))
        #expect(Service.shell("'\(Service.binary)' doctor --nonsense").code == 64)
    }
}

/// Holds a port and says nothing.
private final class WebListener {
    let port: Int
    private let descriptor: Int32

    init() throws {
        port = try Service.freePort()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 8) == 0 else { throw Service.Failure(description: "no port") }
    }

    deinit { close(descriptor) }
}

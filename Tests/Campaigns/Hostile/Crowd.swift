import Glibc
import Platform
import TestSupport

/// Thousands of connections of hostile clients, driven by one thread, each doing what its script says for as long as it may.
final class Crowd {
    /// What one connection does.
    struct Script: Sendable {
        let name: String
        /// Sent at once.
        let opening: [UInt8]
        /// Then sent over and over, a byte every `dripMilliseconds`; empty: nothing more is said.
        var drip: [UInt8] = []
        /// False: a byte of the answer is read every `dripMilliseconds`, into the smallest of buffers.
        var readsAnswers = true
    }

    private struct Member {
        let descriptor: Int32
        let script: Script
        var isConnected = false
        /// Before it was asked to connect.
        let begunAt: UInt64
        var openingSent = 0
        var dripped = 0
        var nextDrip: UInt64 = 0
        var received: [UInt8] = []
        var lifetime: UInt64?
    }

    static let dripMilliseconds: UInt64 = 1_000
    private static let turnMilliseconds: Int32 = 20
    /// Connections that may be on their way at once: fewer than a listening socket's backlog.
    private static let connectingMax = 500

    private let port: UInt16
    private let addresses: Int
    private var members: [Member] = []
    private var awaited: ArraySlice<Script>
    /// The most that were connected at one time.
    private(set) var peak = 0

    /// - Parameter addresses: how many they come from, 200 at most.
    init(port: Int, addresses: Int = 200, _ scripts: [Script]) {
        self.port = UInt16(port)
        self.addresses = addresses
        awaited = scripts[...]
    }

    deinit { for member in members where member.lifetime == nil { close(member.descriptor) } }

    // MARK: What came of them

    /// Milliseconds from connecting to being closed, of those that read and were.
    var lifetimes: [UInt64] { members.filter(\.script.readsAnswers).compactMap(\.lifetime) }
    /// Those that read and were not closed.
    var openReaders: Int { members.count { $0.script.readsAnswers && $0.lifetime == nil } }
    /// The answers' statuses, by script; "" where there was none.
    func statuses(_ name: String) -> Set<String> {
        Set(
            members.filter { $0.script.name == name }.map {
                String(decoding: $0.received.prefix(12).dropFirst(9), as: UTF8.self)
            })
    }

    // MARK: A turn

    /// Connects, drips and reads until the moment of the monotonic clock (ms), or until all that read have been closed.
    func run(until deadline: UInt64) throws {
        repeat {
            try connectMore()
            turn()
        } while Clock.monotonicMilliseconds() < deadline && !(awaited.isEmpty && openReaders == 0)
    }

    private func connectMore() throws {
        var room = Crowd.connectingMax - members.count { !$0.isConnected && $0.lifetime == nil }
        while room > 0, let script = awaited.popFirst() {
            members.append(try connect(script, number: members.count))
            room -= 1
        }
    }

    private func turn() {
        var polled = members.map { pollfd(fd: $0.lifetime == nil ? $0.descriptor : -1, events: events($0), revents: 0) }
        poll(&polled, UInt(polled.count), Crowd.turnMilliseconds)
        let now = Clock.monotonicMilliseconds()
        for place in members.indices where members[place].lifetime == nil {
            serve(&members[place], polled[place].revents, now)
        }
        peak = max(peak, members.count { $0.isConnected && $0.lifetime == nil })
    }

    private func events(_ member: Member) -> Int16 {
        if !member.isConnected || member.openingSent < member.script.opening.count { return Int16(POLLIN | POLLOUT) }
        return member.script.readsAnswers ? Int16(POLLIN) : 0
    }

    private func serve(_ member: inout Member, _ happened: Int16, _ now: UInt64) {
        if !member.isConnected, happened & Int16(POLLOUT) != 0 {
            member.isConnected = true
            member.nextDrip = now + Crowd.dripMilliseconds
        }
        guard member.isConnected else { return happened & Int16(POLLERR | POLLHUP) != 0 ? end(&member, now) : () }
        if member.openingSent < member.script.opening.count { sendOpening(&member) }
        if happened & Int16(POLLIN | POLLERR | POLLHUP) != 0, member.script.readsAnswers { read(&member, 4_096, now) }
        if member.lifetime == nil, member.nextDrip <= now { drip(&member, now) }
    }

    private func sendOpening(_ member: inout Member) {
        let rest = member.script.opening[member.openingSent...]
        let count = rest.withUnsafeBytes { send(member.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        member.openingSent += max(0, count)
    }

    private func drip(_ member: inout Member, _ now: UInt64) {
        member.nextDrip = now + Crowd.dripMilliseconds
        guard member.script.readsAnswers else { return read(&member, 1, now) }
        guard !member.script.drip.isEmpty else { return }
        var byte = member.script.drip[member.dripped % member.script.drip.count]
        // That the other side has gone is seen when reading.
        if send(member.descriptor, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 { member.dripped += 1 }
    }

    private func read(_ member: inout Member, _ bytesMax: Int, _ now: UInt64) {
        var chunk = [UInt8](repeating: 0, count: bytesMax)
        let count = recv(member.descriptor, &chunk, bytesMax, 0)
        if count > 0, member.received.count < 64 { member.received += chunk.prefix(count) }
        if count == 0 || (count < 0 && errno != EAGAIN) { end(&member, now) }
    }

    private func end(_ member: inout Member, _ now: UInt64) {
        close(member.descriptor)
        member.lifetime = now - member.begunAt
    }

    // MARK: Connecting

    /// From addresses of its own, 127.0.1.x, so that others on this machine do not run out of ports.
    private func connect(_ script: Script, number: Int) throws -> Member {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { throw Service.Failure(description: "socket: \(String(cString: strerror(errno)))") }
        if !script.readsAnswers { set(descriptor, SOL_SOCKET, SO_RCVBUF, 4_096) }
        // linux/in.h, IP_BIND_ADDRESS_NO_PORT: the port is chosen when it connects.
        set(descriptor, Int32(IPPROTO_IP), 24, 1)
        let from = Address(0x7F00_0101 + UInt32(number % addresses), port: 0)
        guard from.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw Service.Failure(description: "bind: \(String(cString: strerror(errno)))")
        }
        let begunAt = Clock.monotonicMilliseconds()
        _ = Address(0x7F00_0001, port: port).withPointer { Glibc.connect(descriptor, $0, $1) }
        return Member(descriptor: descriptor, script: script, begunAt: begunAt)
    }

    private func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}

/// An IPv4 address as the system's calls take it.
struct Address {
    private var value = sockaddr_in()

    init(_ address: UInt32, port: UInt16) {
        value.sin_family = sa_family_t(AF_INET)
        value.sin_addr.s_addr = address.bigEndian
        value.sin_port = port.bigEndian
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: value) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}

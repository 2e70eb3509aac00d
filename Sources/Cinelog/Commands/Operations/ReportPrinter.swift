import Events
import Glibc
import Platform
import Synchronization

/// Prints an operation's report as it comes, and knows from its last line how it ended.
///
/// `@unchecked Sendable`: the report comes in on one thread at a time.
final class ReportPrinter: @unchecked Sendable {
    private static let lineBytesMax = 1 << 20

    private let json: Bool
    private let rest = ByteBuffer()
    private let parser = JSONParser(capacityMax: ReportPrinter.lineBytesMax, depthMax: 16)
    private let scratch = ByteBuffer()
    private var isGood: Bool?
    /// Whether anything has come.
    private(set) var hasBegun = false
    private(set) var exitCode = ExitCode.failure

    init(json: Bool) { self.json = json }

    /// Takes the next bytes of the report, whole lines or not.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        hasBegun = true
        for byte in bytes {
            guard byte == 0x0A else {
                if rest.count < ReportPrinter.lineBytesMax { rest.append(byte) }
                continue
            }
            if rest.count > 0 { line() }
            rest.clear()
        }
        return true
    }

    /// That was all. A status other than 200 means that what came was a refusal.
    func finish(status: Int) {
        if status != 200 {
            CommandLineInterface.complain(refusal ?? "the store answers \(status)")
            exitCode = status == 422 ? ExitCode.usage : ExitCode.unavailable
        } else if isGood == nil {
            CommandLineInterface.complain("the report broke off: the operation may not have finished")
        } else {
            exitCode = isGood == true ? ExitCode.success : ExitCode.failure
        }
    }

    private func line() {
        guard let value = try? parser.parse(copying: rest.bytes, into: scratch) else { return print(rest.string) }
        if let good = value["good"] { isGood = good.bool }
        print(json ? rest.string : value["text"]?.string ?? rest.string)
        // As it comes, also into a pipe or a file.
        fflush(nil)
    }

    /// The message of an answer such as `{"errors":[{"field":"","message":"…"}]}`.
    private var refusal: String? {
        guard let value = try? parser.parse(copying: rest.bytes, into: scratch) else { return nil }
        return value["errors"]?.elements.compactMap { $0["message"]?.string }.first
    }
}

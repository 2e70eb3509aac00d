import Events

/// What one check of `cinelog doctor` found.
package struct Check: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case ok
        /// It works, but not as it should, or not for long.
        case warning
        /// It does not work.
        case failed
    }

    package let state: State
    /// What was looked at.
    package let subject: String
    package let found: String
    /// What to do; "": nothing.
    package let advice: String

    package static func ok(_ subject: String, _ found: String) -> Check {
        Check(state: .ok, subject: subject, found: found, advice: "")
    }

    package static func warning(_ subject: String, _ found: String, do advice: String) -> Check {
        Check(state: .warning, subject: subject, found: found, advice: advice)
    }

    package static func failed(_ subject: String, _ found: String, do advice: String) -> Check {
        Check(state: .failed, subject: subject, found: found, advice: advice)
    }

    /// One line, whatever a server said.
    package var text: String {
        let line = "\(state.rawValue.padded(to: 8))\(subject): \(found)" + (advice.isEmpty ? "" : " → \(advice)")
        return String(line.map { $0.isNewline ? " " : $0 })
    }

    package var json: String {
        let line = ByteBuffer("{\"check\":")
        line.appendJSON(string: subject)
        line.append(",\"state\":\"\(state.rawValue)\",\"found\":")
        line.appendJSON(string: found)
        line.append(",\"advice\":")
        line.appendJSON(string: advice)
        line.append("}")
        return line.string
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

/// Counts what was found while it is printed.
struct CheckTally {
    private let asJSON: Bool
    private var counts: [Check.State: Int] = [:]

    init(json: Bool) { asJSON = json }

    mutating func tell(_ checks: [Check]) {
        for check in checks {
            counts[check.state, default: 0] += 1
            print(asJSON ? check.json : check.text)
        }
    }

    /// The last line; and the exit code.
    func finish() -> Int32 {
        let (failed, warnings, ok) = (counts[.failed] ?? 0, counts[.warning] ?? 0, counts[.ok] ?? 0)
        print(
            asJSON
                ? "{\"failed\":\(failed),\"warnings\":\(warnings),\"ok\":\(ok),\"good\":\(failed == 0)}"
                : "\(failed) failed, \(warnings) warned of, \(ok) ok")
        return failed == 0 ? ExitCode.success : ExitCode.failure
    }
}

import EventLog
import Events
import HTTPServer
import Platform
import Synchronization

/// `POST /scrub` on the private server: leaves nothing of loaded lines in the log's files, because somebody asked to be forgotten.
/// Answers `{"done":true}`, or `{"done":false,"reason":…}`: then it is to be asked again.
final class ScrubEndpoint: Sendable {
    /// Below the server's own limit for an answer.
    private static let waitMilliseconds = 8_000

    private let log: any ScrubbableLog
    private let isBusy = Atomic<Bool>(false)

    private init(_ log: any ScrubbableLog) { self.log = log }

    /// None for a log whose lines go by themselves (Kafka's retention).
    static func routes(_ log: any EventLogWriter) -> [HTTPRoute] {
        guard let log = log as? any ScrubbableLog else { return [] }
        let endpoint = ScrubEndpoint(log)
        return [HTTPRoute(.post, "/scrub") { endpoint.handle($0) }]
    }

    /// On a thread of its own: the server's must not wait.
    private func handle(_ exchange: HTTPExchange) {
        guard !isBusy.exchange(true, ordering: .acquiringAndReleasing) else {
            exchange.answer(ScrubEndpoint.response(.later("it is being done already")))
            return
        }
        _ = Thread("scrub") { [self] in
            let outcome = log.scrub(waitingAtMost: ScrubEndpoint.waitMilliseconds)
            isBusy.store(false, ordering: .releasing)
            exchange.answer(ScrubEndpoint.response(outcome))
        }
    }

    private static func response(_ outcome: ScrubOutcome) -> HTTPResponse {
        switch outcome {
        case .done: return HTTPResponse(.ok, json: ByteBuffer("{\"done\":true}"))
        case .later(let reason):
            let body = ByteBuffer("{\"done\":false,\"reason\":")
            body.appendJSON(string: reason)
            body.append("}")
            return HTTPResponse(.ok, json: body)
        }
    }
}

import Events
import HTTPServer
import Platform
import Warehouse

/// Serves operations: 200 and lines of JSON as they come; the last one says how it ended. One at a time.
final class OperationEndpoint: Sendable {
    private let operations: [Operation]
    private let threads = QueryThreads("operation", count: 1)

    init(_ operations: [Operation]) { self.operations = operations }

    func routes(_ access: AdminAccess) -> [HTTPRoute] {
        operations.map { operation in
            HTTPRoute(operation.method, operation.path, admit: access.admit) { self.handle($0, operation) }
        }
    }

    func close() { threads.close() }

    private func handle(_ exchange: HTTPExchange, _ operation: Operation) {
        let parameters = exchange.queryParameters
        if let unknown = parameters.first(where: { !operation.parameters.contains($0.name) }) {
            let allowed = operation.parameters.isEmpty ? "none" : operation.parameters.joined(separator: ", ")
            let error = OperationError.badParameter("there is no parameter \(unknown.name) here; allowed: \(allowed)")
            return refuse(exchange, error)
        }
        let values = Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first }
        let taken = threads.run { OperationRun(exchange).run(operation, values) }
        if !taken { exchange.answer(AdminError.busy.response) }
    }

    private func refuse(_ exchange: HTTPExchange, _ error: OperationError) {
        exchange.answer(AdminError.operation(error).response)
    }
}

/// One operation under way for one client. Its answer begins with the first line: until then it can be refused with a
/// status of its own.
private final class OperationRun: Sendable {
    private static let tickMilliseconds = 5_000

    private let exchange: HTTPExchange
    private let stream = HTTPBodyStream()
    private let begun = Condition(false)

    init(_ exchange: HTTPExchange) { self.exchange = exchange }

    func run(_ operation: Operation, _ parameters: [String: String]) {
        let report = OperationReport { self.write($0) }
        let ended = Condition(false)
        let ticking = Thread("operation ticks") {
            while !ended.wait(atMost: OperationRun.tickMilliseconds, until: { $0 }, then: { $0 }) { report.tick() }
        }
        let refusal = perform(operation, parameters, report)
        ended.withLock { $0 = true }
        ended.broadcast()
        ticking.join()
        if let refusal, !begun.withLock({ $0 }) { exchange.answer(refusal) } else { stream.finish() }
    }

    /// The refusal, where it could not even begin; told as the last line where it had begun.
    private func perform(_ operation: Operation, _ parameters: [String: String], _ report: OperationReport)
        -> HTTPResponse?
    {
        do {
            report.end(try operation.run(parameters, report))
            return nil
        } catch {
            let refusal = AdminError(error)
            if begun.withLock({ $0 }) { report.end(OperationEnd(isGood: false, refusal.message)) }
            return refusal.response
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isFirst = begun.withLock { begun in
            defer { begun = true }
            return !begun
        }
        if isFirst {
            exchange.answer(HTTPResponse(.ok, contentType: "application/x-ndjson", body: .stream(stream)))
        }
        return stream.write(bytes)
    }
}

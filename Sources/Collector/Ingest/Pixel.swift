import EventLog
import Events
import HTTPServer
import WebAssets

/// GET /v1/pixel.gif: one event in the query, for mail and pages without scripts. The answer is always the image; its status
/// says what became of the event.
struct Pixel: Sendable {
    let ingest: Ingest

    func handle(_ exchange: HTTPExchange) {
        ingest.workspaces.with { workspace in
            var arrival = ingest.arrival(exchange)
            let kind = exchange.query("type").flatMap(EventKind.init(type:))
            do throws(ClientError) {
                arrival.context.userID = try ingest.admission.admitPixel(exchange)
                let warnings = try read(event(exchange, kind, workspace), kind, arrival.context, workspace)
                try ingest.store(workspace.lines, PixelAnswer(exchange))
                ingest.metrics.accepted(workspace.lines)
                arrival.witness?.accepted(workspace.lines, warnings)
            } catch {
                ingest.metrics.rejected(error, nil)
                ingest.refused(error, of: kind, workspace.scratch.bytes, arrival, workspace)
                exchange.answer(Pixel.image(error))
            }
        }
    }

    private func read(
        _ event: UnsafeRawBufferPointer, _ kind: EventKind?, _ context: EventContext, _ workspace: Workspace
    ) throws(ClientError) -> Warnings {
        guard let kind else { throw .invalid([EventError(field: "type", message: "is required")]) }
        let value = try ingest.parse(event, workspace.single)
        let (outcome, warnings) = workspace.read(value, as: kind, context)
        switch outcome {
        case .accepted(let id, _): return warnings.isEmpty ? [:] : [id: warnings]
        case .rejected(let errors): throw .invalid(errors)
        }
    }

    /// The query, without its key, as the JSON object that a POST would have brought.
    private func event(_ exchange: HTTPExchange, _ kind: EventKind?, _ workspace: Workspace) -> UnsafeRawBufferPointer {
        let out = workspace.scratch
        out.clear()
        out.append("{")
        let fields = EventFields.common + (kind.map(EventFields.own) ?? [])
        for (name, text) in exchange.queryParameters where name != "key" {
            if out.count > 1 { out.append(",") }
            out.appendJSON(string: name)
            out.append(":")
            write(text, fields.first { $0.name == name }?.type, out)
        }
        out.append("}")
        out.reserve(JSONParser.padding)
        return out.bytes
    }

    /// Numbers, lists and objects stand in the query as JSON; what is none stays text, and the checks name it.
    private func write(_ text: String, _ type: FieldType?, _ out: ByteBuffer) {
        switch type {
        case .number, .time, .timecode:
            guard let number = Double(text), number.isFinite else { return out.appendJSON(string: text) }
            out.appendJSON(number: number)
        case .intervals, .object: writeJSON(text, out)
        case .text, .uuid, .ignored, nil: out.appendJSON(string: text)
        }
    }

    private func writeJSON(_ text: String, _ out: ByteBuffer) {
        let limits = ingest.options.events
        let parser = JSONParser(capacityMax: limits.lineBytesMax, depthMax: limits.depthMax)
        let scratch = ByteBuffer()
        var text = text
        // A value points into its parser.
        withExtendedLifetime(parser) {
            text.withUTF8 { bytes in
                guard let value = try? parser.parse(copying: UnsafeRawBufferPointer(bytes), into: scratch) else {
                    return out.appendJSON(string: UnsafeRawBufferPointer(bytes))
                }
                out.appendJSON(value)
            }
        }
    }

    static func image(_ error: ClientError) -> HTTPResponse {
        var response = image(error.status)
        if let seconds = error.retryAfterSeconds { response.headers.append(("Retry-After", "\(seconds)")) }
        return response
    }

    static func image(_ status: HTTPStatus) -> HTTPResponse {
        let body = ByteBuffer(capacity: WebAssets.pixel.count)
        WebAssets.pixel.withUnsafeBytes { body.append($0) }
        var response = HTTPResponse(status, contentType: WebAssets.pixelContentType, body: .buffer(body))
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }
}

/// Waits for a pixel's event to be durable.
final class PixelAnswer: AppendWaiter {
    private let exchange: HTTPExchange

    init(_ exchange: HTTPExchange) { self.exchange = exchange }

    func appended(_ outcome: AppendOutcome) {
        switch outcome {
        case .durable: exchange.answer(Pixel.image(.ok))
        case .failed(let error): exchange.answer(Pixel.image(ClientError.cannotStore(error)))
        }
    }
}

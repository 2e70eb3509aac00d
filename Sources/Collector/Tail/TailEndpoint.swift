import Events
import HTTPServer

/// `GET /tail` on the private server: server-sent events `accepted`, `rejected` and `dropped`, for as long as its client stays.
enum TailEndpoint {
    static func route(_ tail: Tail, _ options: TailOptions) -> HTTPRoute {
        HTTPRoute(.get, "/tail") { exchange in
            do throws(ClientError) {
                exchange.answer(try response(exchange, tail, options))
            } catch {
                exchange.answer(error.response)
            }
        }
    }

    private static func response(_ exchange: HTTPExchange, _ tail: Tail, _ options: TailOptions) throws(ClientError)
        -> HTTPResponse
    {
        let filter: TailFilter
        do throws(EventError) {
            filter = try TailFilter(exchange.queryParameters)
        } catch {
            throw .invalid([error])
        }
        guard let stream = tail.listen(filter) else { throw .tooManyListeners(max: options.listenersMax) }
        var response = HTTPResponse(.ok, contentType: "text/event-stream", body: .stream(stream))
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }
}

import Events
import HTTPServer
import Schemas

/// GET /v1/schemas of the private server: what custom events are checked against here and now.
enum SchemasEndpoint {
    static func routes(_ schemas: SchemaRegistry?) -> [HTTPRoute] {
        guard let schemas else { return [] }
        return [HTTPRoute(.get, "/v1/schemas") { $0.answer(HTTPResponse(.ok, json: schemas.report())) }]
    }
}

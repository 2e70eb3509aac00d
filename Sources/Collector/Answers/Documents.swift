import HTTPServer
import WebAssets

/// The documents that the public server hands out: the OpenAPI description and Swagger UI.
enum Documents {
    static var routes: [HTTPRoute] {
        [HTTPRoute(.get, "/apidocs") { send(WebAssets.swaggerPage, $0) }]
            + [
                WebAssets.openAPI, WebAssets.swaggerScript, WebAssets.swaggerInitializer, WebAssets.swaggerStyle,
                WebAssets.favicon,
            ].map { asset in HTTPRoute(.get, asset.path) { send(asset, $0) } }
    }

    private static func send(_ asset: WebAsset, _ exchange: HTTPExchange) {
        exchange.answer(asset.response(to: exchange))
    }
}

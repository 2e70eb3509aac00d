import CWebAssets
public import HTTPServer

/// Every file that a browser gets. Their sources: `Sources/CWebAssets/files`.
public enum WebAssets {
    public static let openAPI = WebAsset("/openapi.json", "application/json", cinelog_asset_openapi_json)

    private static let html = "text/html; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"
    private static let style = "text/css; charset=utf-8"

    /// The API's description and Swagger UI.
    public static let documents = [
        openAPI,
        WebAsset("/apidocs", html, cinelog_asset_apidocs_html),
        WebAsset("/apidocs/apidocs.js", script, cinelog_asset_apidocs_js),
        WebAsset("/apidocs/swagger-ui-bundle.js", script, cinelog_asset_swagger_ui_js),
        WebAsset("/apidocs/swagger-ui.css", style, cinelog_asset_swagger_ui_css),
        WebAsset("/favicon.ico", "image/png", cinelog_asset_favicon_png),
    ]

    /// The browser SDK, made by `./dev tracker` from `Tracker/`: for a script tag, as a module, and its types.
    public static let tracker = [
        WebAsset("/cinelog.js", script, cinelog_asset_tracker_js),
        WebAsset("/cinelog.mjs", script, cinelog_asset_tracker_mjs),
        WebAsset("/cinelog.d.ts", "text/plain; charset=utf-8", cinelog_asset_tracker_types),
    ]

    /// The dashboard of the admin address: its page, modules and styles, and Chart.js.
    public static let dashboard: [WebAsset] = (0..<cinelog_dashboard_file_count()).map { place in
        let file = cinelog_dashboard_file_at(place)
        let path = String(cString: file.path)
        return WebAsset(path, path.hasSuffix(".js") ? script : path.hasSuffix(".css") ? style : html, file.asset)
    }

    public static let documentRoutes: [HTTPRoute] = documents.map(\.route)
    public static let trackerRoutes: [HTTPRoute] = tracker.map(\.route)
    public static let dashboardRoutes: [HTTPRoute] = dashboard.map(\.route)

    /// A transparent picture of one point (GIF89a).
    public static let pixelContentType = "image/gif"
    public static let pixel: [UInt8] = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF,
        0xFF,
        0x21, 0xF9, 0x04, 0x01, 0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00,
        0x02,
        0x02, 0x44, 0x01, 0x00, 0x3B,
    ]
}

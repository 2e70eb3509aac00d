#include "CWebAssets.h"

// #embed is C23; clang takes it in C17 as an extension.
#pragma clang diagnostic ignored "-Wc23-extensions"

#define ASSET(name) const cinelog_web_asset cinelog_asset_##name = {name##_bytes, sizeof name##_bytes}

static const unsigned char openapi_json_bytes[] = {
#embed "files/openapi.json"
};
ASSET(openapi_json);

static const unsigned char apidocs_html_bytes[] = {
#embed "files/apidocs.html"
};
ASSET(apidocs_html);

static const unsigned char apidocs_js_bytes[] = {
#embed "files/apidocs.js"
};
ASSET(apidocs_js);

static const unsigned char swagger_ui_js_bytes[] = {
#embed "../../.cache/swagger-ui/swagger-ui-bundle.js"
};
ASSET(swagger_ui_js);

static const unsigned char swagger_ui_css_bytes[] = {
#embed "../../.cache/swagger-ui/swagger-ui.css"
};
ASSET(swagger_ui_css);

static const unsigned char favicon_png_bytes[] = {
#embed "../../.cache/swagger-ui/favicon-32x32.png"
};
ASSET(favicon_png);

static const unsigned char tracker_js_bytes[] = {
#embed "files/cinelog.js"
};
ASSET(tracker_js);

static const unsigned char tracker_mjs_bytes[] = {
#embed "files/cinelog.mjs"
};
ASSET(tracker_mjs);

static const unsigned char tracker_types_bytes[] = {
#embed "../../Tracker/cinelog.d.ts"
};
ASSET(tracker_types);

#pragma once
#include <stddef.h>

/// A file of `files/` (or of `Tracker/`, or of Swagger UI, which `./dev setup` unpacks), as it is, in the program's constant data.
typedef struct {
    const unsigned char *bytes;
    size_t count;
} cinelog_web_asset;

extern const cinelog_web_asset cinelog_asset_openapi_json;
extern const cinelog_web_asset cinelog_asset_apidocs_html;
extern const cinelog_web_asset cinelog_asset_apidocs_js;
extern const cinelog_web_asset cinelog_asset_swagger_ui_js;
extern const cinelog_web_asset cinelog_asset_swagger_ui_css;
extern const cinelog_web_asset cinelog_asset_favicon_png;
extern const cinelog_web_asset cinelog_asset_tracker_js;
extern const cinelog_web_asset cinelog_asset_tracker_mjs;
extern const cinelog_web_asset cinelog_asset_tracker_types;

/// A file of the dashboard, and the path that it is served at.
typedef struct {
    const char *path;
    cinelog_web_asset asset;
} cinelog_dashboard_file;

size_t cinelog_dashboard_file_count(void);
/// - place: less than the count.
cinelog_dashboard_file cinelog_dashboard_file_at(size_t place);

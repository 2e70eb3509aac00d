#include "CWebAssets.h"

// The dashboard's files, and Chart.js as Debian's libjs-chart.js has it (MIT; its notice is its first lines). A file that is not
// listed here is not served: WebAssetTests holds the list against the folder.

// #embed is C23; clang takes it in C17 as an extension.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char address_js[] = {
#embed "files/dashboard/address.js"
};
static const unsigned char app_js[] = {
#embed "files/dashboard/app.js"
};
static const unsigned char base_css[] = {
#embed "files/dashboard/base.css"
};
static const unsigned char card_js[] = {
#embed "files/dashboard/card.js"
};
static const unsigned char charts_js[] = {
#embed "files/dashboard/charts.js"
};
static const unsigned char dom_js[] = {
#embed "files/dashboard/dom.js"
};
static const unsigned char early_js[] = {
#embed "files/dashboard/early.js"
};
static const unsigned char filters_js[] = {
#embed "files/dashboard/filters.js"
};
static const unsigned char format_js[] = {
#embed "files/dashboard/format.js"
};
static const unsigned char index_html[] = {
#embed "files/dashboard/index.html"
};
static const unsigned char kinds_js[] = {
#embed "files/dashboard/kinds.js"
};
static const unsigned char latest_js[] = {
#embed "files/dashboard/latest.js"
};
static const unsigned char ledger_js[] = {
#embed "files/dashboard/ledger.js"
};
static const unsigned char live_js[] = {
#embed "files/dashboard/live.js"
};
static const unsigned char names_js[] = {
#embed "files/dashboard/names.js"
};
static const unsigned char parts_css[] = {
#embed "files/dashboard/parts.css"
};
static const unsigned char poll_js[] = {
#embed "files/dashboard/poll.js"
};
static const unsigned char prometheus_js[] = {
#embed "files/dashboard/prometheus.js"
};
static const unsigned char server_js[] = {
#embed "files/dashboard/server.js"
};
static const unsigned char shell_js[] = {
#embed "files/dashboard/shell.js"
};
static const unsigned char start_js[] = {
#embed "files/dashboard/start.js"
};
static const unsigned char steps_js[] = {
#embed "files/dashboard/steps.js"
};
static const unsigned char storage_js[] = {
#embed "files/dashboard/storage.js"
};
static const unsigned char table_js[] = {
#embed "files/dashboard/table.js"
};
static const unsigned char tables_js[] = {
#embed "files/dashboard/tables.js"
};
static const unsigned char ticks_js[] = {
#embed "files/dashboard/ticks.js"
};
static const unsigned char tiles_js[] = {
#embed "files/dashboard/tiles.js"
};
static const unsigned char token_js[] = {
#embed "files/dashboard/token.js"
};
static const unsigned char views_clicks_js[] = {
#embed "files/dashboard/views/clicks.js"
};
static const unsigned char views_schemas_js[] = {
#embed "files/dashboard/views/schemas.js"
};
static const unsigned char views_events_js[] = {
#embed "files/dashboard/views/events.js"
};
static const unsigned char views_film_js[] = {
#embed "files/dashboard/views/film.js"
};
static const unsigned char views_films_js[] = {
#embed "files/dashboard/views/films.js"
};
static const unsigned char views_funnels_js[] = {
#embed "files/dashboard/views/funnels.js"
};
static const unsigned char views_health_js[] = {
#embed "files/dashboard/views/health.js"
};
static const unsigned char views_live_js[] = {
#embed "files/dashboard/views/live.js"
};
static const unsigned char views_overview_js[] = {
#embed "files/dashboard/views/overview.js"
};
static const unsigned char views_pages_js[] = {
#embed "files/dashboard/views/pages.js"
};
static const unsigned char views_retention_js[] = {
#embed "files/dashboard/views/retention.js"
};
static const unsigned char views_sql_js[] = {
#embed "files/dashboard/views/sql.js"
};
static const unsigned char words_js[] = {
#embed "files/dashboard/words.js"
};
static const unsigned char words_en_js[] = {
#embed "files/dashboard/words/en.js"
};
static const unsigned char words_ru_js[] = {
#embed "files/dashboard/words/ru.js"
};
static const unsigned char chart_js[] = {
#embed "/usr/share/javascript/chart.js/chart.min.js"
};

#define FILE_AT(path, name) {path, {name, sizeof name}}

static const cinelog_dashboard_file files[] = {
    FILE_AT("/dashboard/address.js", address_js),
    FILE_AT("/dashboard/app.js", app_js),
    FILE_AT("/dashboard/base.css", base_css),
    FILE_AT("/dashboard/card.js", card_js),
    FILE_AT("/dashboard/charts.js", charts_js),
    FILE_AT("/dashboard/dom.js", dom_js),
    FILE_AT("/dashboard/early.js", early_js),
    FILE_AT("/dashboard/filters.js", filters_js),
    FILE_AT("/dashboard/format.js", format_js),
    FILE_AT("/", index_html),
    FILE_AT("/dashboard/kinds.js", kinds_js),
    FILE_AT("/dashboard/latest.js", latest_js),
    FILE_AT("/dashboard/ledger.js", ledger_js),
    FILE_AT("/dashboard/live.js", live_js),
    FILE_AT("/dashboard/names.js", names_js),
    FILE_AT("/dashboard/parts.css", parts_css),
    FILE_AT("/dashboard/poll.js", poll_js),
    FILE_AT("/dashboard/prometheus.js", prometheus_js),
    FILE_AT("/dashboard/server.js", server_js),
    FILE_AT("/dashboard/shell.js", shell_js),
    FILE_AT("/dashboard/start.js", start_js),
    FILE_AT("/dashboard/steps.js", steps_js),
    FILE_AT("/dashboard/storage.js", storage_js),
    FILE_AT("/dashboard/table.js", table_js),
    FILE_AT("/dashboard/tables.js", tables_js),
    FILE_AT("/dashboard/ticks.js", ticks_js),
    FILE_AT("/dashboard/tiles.js", tiles_js),
    FILE_AT("/dashboard/token.js", token_js),
    FILE_AT("/dashboard/views/clicks.js", views_clicks_js),
    FILE_AT("/dashboard/views/events.js", views_events_js),
    FILE_AT("/dashboard/views/schemas.js", views_schemas_js),
    FILE_AT("/dashboard/views/film.js", views_film_js),
    FILE_AT("/dashboard/views/films.js", views_films_js),
    FILE_AT("/dashboard/views/funnels.js", views_funnels_js),
    FILE_AT("/dashboard/views/health.js", views_health_js),
    FILE_AT("/dashboard/views/live.js", views_live_js),
    FILE_AT("/dashboard/views/overview.js", views_overview_js),
    FILE_AT("/dashboard/views/pages.js", views_pages_js),
    FILE_AT("/dashboard/views/retention.js", views_retention_js),
    FILE_AT("/dashboard/views/sql.js", views_sql_js),
    FILE_AT("/dashboard/words.js", words_js),
    FILE_AT("/dashboard/words/en.js", words_en_js),
    FILE_AT("/dashboard/words/ru.js", words_ru_js),
    FILE_AT("/dashboard/chart.js", chart_js),
};

size_t cinelog_dashboard_file_count(void) { return sizeof files / sizeof *files; }

cinelog_dashboard_file cinelog_dashboard_file_at(size_t place) { return files[place]; }

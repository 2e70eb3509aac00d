#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that must be readable (their value does not matter) behind a text given to `cinelog_json_parse`.
#define CINELOG_JSON_PADDING 64

/// A DOM parser with its own memory; used by one thread at a time.
typedef struct cinelog_json_parser cinelog_json_parser;

/// The parsed document: simdjson's tape (https://github.com/simdjson/simdjson/blob/master/doc/tape.md)
/// and its string buffer. Valid until the parser's next parse.
typedef struct {
    int32_t error;  ///< 0, or simdjson's error code
    const uint64_t *tape;
    const uint8_t *strings;
} cinelog_json_document;

cinelog_json_parser *cinelog_json_parser_create(size_t capacity_max, size_t depth_max);
void cinelog_json_parser_destroy(cinelog_json_parser *parser);
cinelog_json_document cinelog_json_parse(cinelog_json_parser *parser, const uint8_t *text, size_t length);

/// simdjson's sentence for an error code; static memory.
const char *cinelog_json_error_message(int32_t error);

/// Writes the shortest text that reads back as `value` (finite); returns its length (at most 32).
size_t cinelog_json_write_double(double value, char *into);

extern const int32_t cinelog_json_error_number;
extern const int32_t cinelog_json_error_utf8;
extern const int32_t cinelog_json_error_depth;
extern const int32_t cinelog_json_error_capacity;
extern const int32_t cinelog_json_error_empty;
extern const int32_t cinelog_json_error_string;
extern const int32_t cinelog_json_error_unescaped;

#ifdef __cplusplus
}
#endif

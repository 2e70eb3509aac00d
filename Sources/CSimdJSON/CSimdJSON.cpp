#include "CSimdJSON.h"

#include <simdjson.h>

using namespace simdjson;

struct cinelog_json_parser {
    dom::parser parser;
    size_t depth_max;
    cinelog_json_parser(size_t capacity_max, size_t depth_max) : parser(capacity_max), depth_max(depth_max) {}
};

extern "C" {

const int32_t cinelog_json_error_number = NUMBER_ERROR;
const int32_t cinelog_json_error_utf8 = UTF8_ERROR;
const int32_t cinelog_json_error_depth = DEPTH_ERROR;
const int32_t cinelog_json_error_capacity = CAPACITY;
const int32_t cinelog_json_error_empty = EMPTY;
const int32_t cinelog_json_error_string = STRING_ERROR;
const int32_t cinelog_json_error_unescaped = UNESCAPED_CHARS;

cinelog_json_parser *cinelog_json_parser_create(size_t capacity_max, size_t depth_max) {
    return new (std::nothrow) cinelog_json_parser(capacity_max, depth_max);
}

void cinelog_json_parser_destroy(cinelog_json_parser *parser) { delete parser; }

cinelog_json_document cinelog_json_parse(cinelog_json_parser *p, const uint8_t *text, size_t length) {
    cinelog_json_document result = {0, nullptr, nullptr};
    // Grow in powers of two, never beyond what was asked for, with the depth limit of ours.
    if (p->parser.capacity() < length || p->parser.max_depth() != p->depth_max) {
        size_t want = 4096;
        while (want < length) want *= 2;
        if (auto error = p->parser.allocate(want, p->depth_max)) {
            result.error = error;
            return result;
        }
    }
    dom::element root;
    auto error = p->parser.parse(text, length, false).get(root);
    result.error = error;
    if (!error) {
        result.tape = p->parser.doc.tape.get();
        result.strings = p->parser.doc.string_buf.get();
    }
    return result;
}

const char *cinelog_json_error_message(int32_t error) {
    return error_message(static_cast<error_code>(error));
}

size_t cinelog_json_write_double(double value, char *into) {
    return static_cast<size_t>(internal::to_chars(into, into + 32, value) - into);
}
}

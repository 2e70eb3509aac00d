#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The keyword in whose place `pattern` stands: matched in time linear in the text (RE2), where the library's own engine is not.
#define CINELOG_SCHEMA_PATTERN "x-cinelog-pattern"

/// A compiled JSON Schema (draft 7). Never changes: used by any number of threads at once.
typedef struct cinelog_schema cinelog_schema;

/// Compiles one schema. NULL where it is none; then `error` holds why, ended by 0.
/// Remote references are never fetched; what refers to them does not compile.
cinelog_schema *cinelog_schema_create(const char *text, size_t length, char *error, size_t error_size);
void cinelog_schema_destroy(cinelog_schema *schema);

/// Told of one fault: `path` has `depth` steps, names of members, or numbers of elements in decimal.
typedef void (*cinelog_schema_fault)(void *context, const char *const *path, size_t depth, const char *what);

/// Checks a JSON text. 1: fits; 0: does not, each fault was told; -1: the text could not be read or checked.
int32_t cinelog_schema_check(
    const cinelog_schema *schema, const char *text, size_t length, cinelog_schema_fault fault, void *context);

#ifdef __cplusplus
}
#endif

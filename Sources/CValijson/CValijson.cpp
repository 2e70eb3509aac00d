// valijson (the checks), nlohmann's JSON (its documents) and RE2 (`pattern`) behind C functions. No exception leaves this file.
#include "CValijson.h"

#include <stdexcept>

// Without it a fault within the library would end the process.
#define VALIJSON_USE_EXCEPTIONS 1

#include <nlohmann/json.hpp>
#include <re2/re2.h>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

using namespace valijson;

namespace {

/// Memory that one compiled pattern may take.
constexpr int64_t pattern_bytes_max = 1 << 20;

class Pattern : public constraints::PolyConstraint {
   public:
    explicit Pattern(const std::string &text) {
        RE2::Options options;
        options.set_log_errors(false);
        options.set_max_mem(pattern_bytes_max);
        expression = std::make_shared<RE2>(text, options);
        if (!expression->ok()) throw std::runtime_error("pattern: " + expression->error());
    }

    bool validate(const adapters::Adapter &target, const std::vector<std::string> &context,
                  ValidationResults *results) const override {
        if (!target.isString() || RE2::PartialMatch(target.asString(), *expression)) return true;
        if (results) results->pushError(context, "must match the pattern " + expression->pattern());
        return false;
    }

   private:
    Constraint *cloneInto(void *place) const override { return new (place) Pattern(*this); }
    size_t sizeOf() const override { return sizeof(Pattern); }
    std::shared_ptr<RE2> expression;
};

class PatternBuilder : public ConstraintBuilder {
   public:
    constraints::Constraint *make(const adapters::Adapter &value) const override {
        if (!value.isString()) throw std::runtime_error("pattern must be a string");
        return new Pattern(value.asString());
    }
};

void say(char *into, size_t size, const char *what) {
    if (size > 0) std::snprintf(into, size, "%s", what);
}

/// valijson writes a step as "[name]".
std::string step(const std::string &text) {
    return text.size() >= 2 && text.front() == '[' ? text.substr(1, text.size() - 2) : text;
}

void tell(const ValidationResults &results, cinelog_schema_fault fault, void *context) {
    for (const auto &error : results) {
        std::vector<std::string> steps;
        for (size_t i = 1; i < error.context.size(); i++) steps.push_back(step(error.context[i]));
        std::vector<const char *> path;
        for (const auto &one : steps) path.push_back(one.c_str());
        fault(context, path.data(), path.size(), error.description.c_str());
    }
}

}  // namespace

struct cinelog_schema {
    Schema schema;
};

extern "C" {

cinelog_schema *cinelog_schema_create(const char *text, size_t length, char *error, size_t error_size) {
    try {
        const auto document = nlohmann::json::parse(text, text + length, nullptr, false);
        if (document.is_discarded()) throw std::runtime_error("not valid JSON");
        auto result = std::make_unique<cinelog_schema>();
        SchemaParser parser(SchemaParser::kDraft7);
        parser.addConstraintBuilder(CINELOG_SCHEMA_PATTERN, new PatternBuilder());
        parser.populateSchema(adapters::NlohmannJsonAdapter(document), result->schema);
        return result.release();
    } catch (const std::exception &e) {
        say(error, error_size, e.what());
    } catch (...) {
        say(error, error_size, "cannot be compiled");
    }
    return nullptr;
}

void cinelog_schema_destroy(cinelog_schema *schema) { delete schema; }

int32_t cinelog_schema_check(
    const cinelog_schema *schema, const char *text, size_t length, cinelog_schema_fault fault, void *context) {
    try {
        const auto document = nlohmann::json::parse(text, text + length, nullptr, false);
        if (document.is_discarded()) return -1;
        const adapters::NlohmannJsonAdapter target(document);
        // Most fit: the words are made only for those that do not.
        if (Validator().validate(schema->schema, target, nullptr)) return 1;
        ValidationResults results;
        Validator().validate(schema->schema, target, &results);
        tell(results, fault, context);
        return 0;
    } catch (...) {
        return -1;
    }
}
}

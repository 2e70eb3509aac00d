"""The entries of /v1/insights in openapi.json, made from the catalogue of questions that `cinelog settings --questions` prints.

    cinelog settings --questions | openapi.py [--check]
"""

import json
import pathlib
import sys

DOCUMENT = pathlib.Path("Sources/CWebAssets/files/openapi.json")
BEFORE = '    "/v1/ledger": {'
SCHEMA_BEFORE = '      "Overview": {'
SCHEMA_NAME = "InsightsAnswer"
SERVERS = [
    {"url": "http://127.0.0.1:8081", "description": "The admin address (ADMIN_LISTEN)"},
    {"url": "/", "description": "This address, where it is the admin address"},
]
FORMS = {
    "time": {"type": "string"}, "uuid": {"type": "string", "format": "uuid"}, "text": {"type": "string"},
    "integer": {"type": "integer"}, "number": {"type": "number"}, "choice": {"type": "string"},
    "steps": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 8},
    "uuids": {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1, "maxItems": 100},
}
COLUMNS = {
    "text": "string", "label": "string", "uuid": "string", "time": "string", "count": "integer", "number": "number",
    "seconds": "number", "share": "number",
}
LINE_MAX = 180
ERRORS = {"application/json": {"schema": {"$ref": "#/components/schemas/Errors"}}}


def reference(name):
    return {"$ref": f"#/components/responses/{name}"}


def parameter(declared):
    schema = dict(FORMS[declared["type"]])
    if "choices" in declared:
        schema["enum"] = declared["choices"]
    if "default" in declared:
        text = declared["default"]
        schema["default"] = text if schema["type"] == "string" else json.loads(text)
    made = {"name": declared["name"], "in": "query", "description": declared["en"], "schema": schema}
    return made | ({"required": True} if declared["required"] else {})


def columns(question):
    # An answer may lack a value, and retention has lists.
    return {
        column["name"]: {"type": ["array", "number", "string", "null"] if question["name"] == "retention" else [COLUMNS[column["type"]], "null"],
                         "description": column["en"]} for column in question["columns"]}


def operation(question):
    parameters = [parameter(declared) for declared in question["parameters"]]
    if question["path"].endswith("{film_id}"):
        parameters.insert(0, {"name": "film_id", "in": "path", "required": True, "description": "The film",
                              "schema": {"type": "string", "format": "uuid"}})
    rows = "curve" if question["name"] == "film" else "rows"
    answer = {"allOf": [{"$ref": f"#/components/schemas/{SCHEMA_NAME}"}, {
        "type": "object", "required": [rows],
        "properties": {rows: {"type": "array", "items": {"type": "object", "properties": columns(question)}}}}]}
    return {"servers": SERVERS, "get": {
        "tags": ["admin"], "security": [{}, {"adminToken": []}], "operationId": f"insights_{question['name']}",
        "summary": question["title"]["en"], "description": question["computed"]["en"], "parameters": parameters,
        "responses": {
            "200": {"description": "The answer.", "content": {
                "application/json": {"schema": answer}, "text/csv": {"schema": {"type": "string"}},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}}}},
            "400": reference("BadGet"), "401": reference("AdminUnauthorized"), "403": reference("AdminForbidden"),
            "408": reference("Timeout"),
            "422": {"description": "A parameter is unknown, or its value is not allowed; or the answer takes too much.", "content": ERRORS},
            "431": reference("HeadTooLarge"), "503": reference("AdminUnavailable")}}}


def catalogue():
    return {"servers": SERVERS, "get": {
        "tags": ["admin"], "security": [{}, {"adminToken": []}], "operationId": "insights_questions",
        "summary": "The catalogue of questions",
        "description": "Each with its path, parameters, columns, and how it is computed, in English and Russian.",
        "responses": {
            "200": {"description": "The questions.", "content": {"application/json": {"schema": {
                "type": "object", "required": ["questions"],
                "properties": {"questions": {"type": "array", "items": {"type": "object"}}}}}}},
            "400": reference("BadGet"), "401": reference("AdminUnauthorized"), "403": reference("AdminForbidden"),
            "408": reference("Timeout"), "431": reference("HeadTooLarge"), "503": reference("AdminUnavailable")}}}


SCHEMA = {
    "type": "object", "required": ["question", "parameters", "computed", "milliseconds", "sql"],
    "properties": {
        "question": {"type": "string"}, "parameters": {"type": "object", "description": "As they were understood."},
        "computed": {"type": "object", "properties": {"en": {"type": "string"}, "ru": {"type": "string"}}},
        "columns": {"type": "array", "items": {"type": "object"}},
        "truncated": {"type": "boolean", "description": "There are more rows than `limit`."},
        "milliseconds": {"type": "number"}, "sql": {"type": "string", "description": "Runs as it is at /v1/sql."},
        "more_sql": {"type": "object", "additionalProperties": {"type": "string"}}}}


def written(value, indent):
    """As the document writes it: in one line where that is short, else a member a line."""
    short = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or len(short) + indent <= LINE_MAX:
        return short
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        members = [f"{pad}{json.dumps(name)}: {written(member, indent + 2)}" for name, member in value.items()]
    else:
        members = [pad + written(member, indent + 2) for member in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(members) + "\n" + " " * indent + closing


def entry(name, value, indent):
    return f"{' ' * indent}{json.dumps(name)}: {written(value, indent)},\n"


def without(lines, belongs, indent):
    """The lines without the members at this indentation whose name belongs to us."""
    skipping = False
    for line in lines:
        if line.startswith(" " * indent + '"') and belongs(line.strip().split('"')[1]):
            skipping = True
        if not skipping:
            yield line
        if skipping and line.rstrip() in (" " * indent + "},", " " * indent + "}"):
            skipping = False


def main():
    questions = json.load(sys.stdin)["questions"]
    text = DOCUMENT.read_text()
    lines = without(text.splitlines(keepends=True), lambda name: name.startswith("/v1/insights/") and not name.endswith("/overview"), 4)
    made = "".join(without(lines, lambda name: name == SCHEMA_NAME, 6))
    paths = entry("/v1/insights/questions", catalogue(), 4)
    paths += "".join(entry(question["path"], operation(question), 4) for question in questions)
    made = made.replace(BEFORE, paths + BEFORE, 1).replace(SCHEMA_BEFORE, entry(SCHEMA_NAME, SCHEMA, 6) + SCHEMA_BEFORE, 1)
    json.loads(made)
    if "--check" in sys.argv:
        if made != text:
            sys.exit(f"{DOCUMENT} is not current: ./dev doc")
    else:
        DOCUMENT.write_text(made)


main()

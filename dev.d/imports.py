"""Checks that imports in Sources/ point one way: the house rules of CONTRIBUTING.md.

What a room may import is what Package.swift declares for it (a build does not notice every undeclared import), and:
a C module belongs to one room; Foundation to none; Events does no I/O; rooms of one storey know nothing of each other.
"""

import json
import pathlib
import re
import subprocess
import sys

STANDARD = {"Swift", "Glibc", "Synchronization"}
# Rooms of one storey, and what stands above all.
STRANGERS = [
    {"Collector", "Loader", "Backup", "Insights"},
    {"EventLog", "Warehouse", "HTTPServer"},
    {"EventLog", "HTTPServer", "HTTPClient"},
]
PROGRAM = "Cinelog"
IMPORT = re.compile(
    r"^(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)"
)


def declared():
    """Room → the modules that Package.swift lets it import, and the C modules."""
    package = json.loads(subprocess.run(["swift", "package", "dump-package"], check=True, capture_output=True).stdout)
    rooms, c_modules = {}, set()
    for target in package["targets"]:
        rooms[target["name"]] = {next(iter(part.values()))[0] for part in target["dependencies"]}
        folder = pathlib.Path(target.get("path") or "Sources/" + target["name"])
        if target["type"] != "test" and folder.is_dir() and not any(folder.rglob("*.swift")):
            c_modules.add(target["name"])
    return rooms, c_modules


def imports(root):
    """(file, line, room, module) of every import."""
    for file in sorted(root.rglob("*.swift")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if found := IMPORT.match(line):
                yield file, number, file.relative_to(root).parts[0], found[1]


def objection(room, module, rooms, c_modules, owners):
    if module == PROGRAM:
        return "nothing imports the program"
    if module in c_modules and owners.setdefault(module, room) != room:
        return f"{module} is {owners[module]}'s: a C module belongs to one room"
    if room == "Events" and module not in c_modules | STANDARD:
        return "Events imports no other room"
    if any(room in storey and module in storey for storey in STRANGERS):
        return f"{room} and {module} are on one storey"
    if module not in rooms.get(room, set()) | STANDARD:
        return f"Package.swift does not give {module} to {room}"
    return None


def main():
    rooms, c_modules = declared()
    owners = {}
    bad = 0
    for file, number, room, module in imports(pathlib.Path("Sources")):
        if why := objection(room, module, rooms, c_modules, owners):
            print(f"{file}:{number}: import {module}: {why}")
            bad += 1
    return 1 if bad else 0


sys.exit(main())

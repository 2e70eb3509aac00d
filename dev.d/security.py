"""Holds the table of docs/security.md against the tests: every test that it names is in the file that it names, and every list that it
counts has as many lines."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"


def main():
    faults = [fault for line in PAGE.read_text().splitlines() if line.startswith("|") for fault in check(line)]
    for fault in faults:
        print(f"docs/security.md: {fault}", file=sys.stderr)
    return 1 if faults else 0


def check(line):
    """What is wrong with a row. A quoted name belongs to the file before it."""
    text = ""
    for path, name in re.findall(r"`((?:Tests|dev\.d)/[^`]+)`|\"([^\"]+)\"", line):
        if path:
            file = ROOT / path
            if not file.is_file():
                if not file.is_dir():
                    yield f"there is no {path}"
                continue
            text = file.read_text()
            if path.endswith(".tsv"):
                count = sum(1 for entry in text.splitlines() if entry and not entry.startswith("#"))
                if str(count) not in re.findall(r"\d+", line):
                    yield f"{path} has {count} lines, and the row does not say so"
        elif f"`{name}`" not in text and f'"{name}"' not in text:
            yield f"no test is called “{name}” there"


sys.exit(main())

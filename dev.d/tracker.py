"""Makes cinelog.js (for a script tag) and cinelog.mjs (an ES module) from Tracker/src, in Sources/CWebAssets/files.

An entry (script.js or cinelog.js) and what it imports are joined in the order that the imports ask for, in one scope
(so a name may be declared once among them), and minified (tdewolff/minify, dev.d/requirements-test.txt).

    tracker.py           writes both
    tracker.py --check   fails where they are not what would be written
"""

import pathlib
import re
import sys

import minify

SOURCE = pathlib.Path("Tracker/src")
TARGET = pathlib.Path("Sources/CWebAssets/files")
IMPORT = re.compile(r"^import \{[^}]*\} from '\./([a-z]+\.js)';\n", re.MULTILINE)
NUMBER = re.compile(r"^const (\w+) = ([\d_.]+);\n", re.MULTILINE)


def ordered(name, seen):
    """The module and those that it imports, each behind its own imports."""
    if name in seen:
        return []
    seen.add(name)
    text = (SOURCE / name).read_text()
    return [part for found in IMPORT.findall(text) for part in ordered(found, seen)] + [name]


def joined(entry):
    text = "\n".join(IMPORT.sub("", (SOURCE / name).read_text()) for name in ordered(entry, set()))
    text = with_numbers(re.sub(r"^export ", "", text, flags=re.MULTILINE))
    if stray := re.search(r"^(import|export)\b.*", text, flags=re.MULTILINE):
        sys.exit(f"tracker.py: not written as in the other modules: {stray[0]}")
    return text


def with_numbers(text):
    """Numbers that have a name but one use stand in its place: the minifier does not do that."""
    for name, number in NUMBER.findall(text):
        if len(re.findall(rf"\b{name}\b", text)) == 2:
            text = text.replace(f"const {name} = {number};\n", "")
            text = re.sub(rf"\b{name}\b", number, text)
    return text


def minified(text):
    return minify.string("application/javascript", text) + "\n"


def script():
    """`here` is where the options come from that the page does not give."""
    return minified("(() => {\nconst here = document.currentScript;\n" + joined("script.js") + "})();\n")


def module():
    """A function around it, as names outside of one are not shortened."""
    body = "const here = { src: import.meta.url };\n" + joined("cinelog.js") + "return cinelog;\n"
    return minified("export const cinelog = (() => {\n" + body + "})();\nexport default cinelog;\n")


def main():
    stale = 0
    for name, text in (("cinelog.js", script()), ("cinelog.mjs", module())):
        path = TARGET / name
        if path.exists() and path.read_text() == text:
            continue
        if "--check" in sys.argv:
            print(f"{path} is not what Tracker/src makes: ./dev tracker writes it anew", file=sys.stderr)
            stale = 1
        else:
            path.write_text(text)
    return stale


sys.exit(main())

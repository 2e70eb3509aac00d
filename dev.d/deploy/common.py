"""What the checks share: where things are, what is declared, how findings are told."""

import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
TOOLS = pathlib.Path(sys.executable).parent


class Findings:
    """What is wrong, a line each."""

    def __init__(self):
        self.lines = []

    def expect(self, good, line):
        if not good:
            self.lines.append(line)

    def run(self, *words, silent=False):
        """Runs a program; its output where it succeeds (and has nothing to say, if `silent`), else None and a finding."""
        if shutil.which(str(words[0])) is None:
            self.lines.append(f"{words[0]} is missing: ./dev test installs it")
            return None
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
        if done.returncode != 0 or (silent and done.stdout + done.stderr):
            self.lines.append(f"{' '.join(map(str, words))}:\n{done.stdout}{done.stderr}".rstrip())
            return None
        return done.stdout


def settings():
    """Every declared setting and its default; ./dev lint holds the file against the program."""
    text = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^#([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def port(address):
    return int(address.rsplit(":", 1)[1])


def size(text):
    """Bytes of 1M, 16k, 65536."""
    scale = {"k": 10, "m": 20, "g": 30}.get(text[-1].lower())
    return int(text[:-1]) << scale if scale else int(text)

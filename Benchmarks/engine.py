"""The reference of loading: the embedded engine's own INSERT of the same lines into the same table, from Python.

    engine.py DDL_FILE LOG_FILE FOLDER BATCH_EVENTS

Runs in a process of its own with the engine's wheel as the package `chdb` (run.py sets PYTHONPATH). Takes the lines of
`clicks` out of the event log, makes a table with the DDL, and inserts them in batches: from files (as the Loader does)
and inline in the statement. Prints one JSON object.
"""

import json
import pathlib
import re
import resource
import sqlite3
import sys
import time

from chdb import session


def batches(log_file, count_max):
    """The log's lines in their order, `count_max` a batch."""
    log = sqlite3.connect(f"file:{log_file}?mode=ro", uri=True)
    waiting = []
    for (lines,) in log.execute("SELECT lines FROM clicks ORDER BY first"):
        waiting += lines.splitlines(keepends=True)
        while len(waiting) >= count_max:
            yield b"".join(waiting[:count_max])
            del waiting[:count_max]
    if waiting:
        yield b"".join(waiting)


class Engine:
    def __init__(self, folder, ddl):
        self.session = session.Session(str(folder))
        self.ddl = ddl
        self.table = re.search(r"CREATE TABLE (?:IF NOT EXISTS )?(\S+)", ddl)[1]

    def make_table(self):
        self.session.query(f"DROP TABLE IF EXISTS {self.table} SYNC")
        self.session.query(self.ddl)
        described = self.session.query(f"DESCRIBE TABLE {self.table}", "JSONEachRow").bytes().decode()
        # What the engine works out itself is in no line.
        columns = [column for column in map(json.loads, described.splitlines()) if not column["default_type"]]
        self.structure = ", ".join(f"{column['name']} {column['type']}" for column in columns).replace("'", "\\'")

    def insert_file(self, path):
        source = f"file('{path}', 'JSONEachRow', '{self.structure}')"
        self.session.query(f"INSERT INTO {self.table} SELECT * FROM {source}")

    def insert_inline(self, lines):
        self.session.query(f"INSERT INTO {self.table} FORMAT JSONEachRow {lines}")

    def count(self):
        return int(self.session.query(f"SELECT count() FROM {self.table}", "TSV").bytes())


def measured(engine, insert, batches):
    """Rows a second of `insert` over all batches, into a new table."""
    engine.make_table()
    begun = time.monotonic()
    for batch in batches:
        insert(batch)
    seconds = time.monotonic() - begun
    return engine.count() / seconds


def main(ddl_file, log_file, folder, batch_events):
    folder = pathlib.Path(folder)
    files = []
    for number, batch in enumerate(batches(log_file, int(batch_events))):
        files.append(folder / f"{number}.jsonl")
        files[-1].write_bytes(batch)
    engine = Engine(folder / "engine", pathlib.Path(ddl_file).read_text())
    result = {"file": measured(engine, engine.insert_file, files)}
    result["file_peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["inline"] = measured(engine, engine.insert_inline, (file.read_text() for file in files))
    result["rows"] = engine.count()
    print(json.dumps(result))


main(*sys.argv[1:])

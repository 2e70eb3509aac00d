"""Durable appends as Cinelog makes them, for services in Python: a thread commits all that waits, at once, as one row."""

import sqlite3
import threading
import time
import uuid


class GroupCommit:
    """`wake(waiters)` is called on the thread after each commit (SQLite, WAL, synchronous=FULL)."""

    def __init__(self, path, wake):
        self.path, self.wake = path, wake
        self.changed = threading.Condition()
        self.lines, self.waiters = [], []
        threading.Thread(target=self.run, daemon=True).start()

    def append(self, line, waiter):
        with self.changed:
            self.lines.append(line)
            self.waiters.append(waiter)
            if len(self.lines) == 1:
                self.changed.notify()

    def run(self):
        database = sqlite3.connect(self.path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE IF NOT EXISTS log (position INTEGER PRIMARY KEY, lines BLOB)")
        while True:
            with self.changed:
                while not self.lines:
                    self.changed.wait()
                lines, waiters = self.lines, self.waiters
                self.lines, self.waiters = [], []
            database.execute("INSERT INTO log (lines) VALUES (?)", (b"".join(lines),))
            self.wake(waiters)


def canonical(event):
    """(event_id, line) of a click; raises KeyError, TypeError or ValueError where it is not one."""
    if not isinstance(event["obj_id"], str) or not 1 <= len(event["obj_id"]) <= 512:
        raise ValueError("obj_id")
    identity = str(uuid.UUID(event["event_id"])) if "event_id" in event else str(uuid.uuid4())
    return identity, {"event_id": identity, "received_at": time.time(), **event}

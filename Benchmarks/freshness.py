"""How soon an event can be queried: from its 201 to the first SQL answer that holds it.

    freshness.py http://127.0.0.1:8080/clicks/ http://127.0.0.1:8081/v1/sql [--rate 20] [--seconds 60]

Posts marked clicks one by one at a fixed rate while one query after the other asks which of them are there. What is
reported includes the query's own time and the pause between two queries (20 ms). Prints one JSON object.
"""

import argparse
import http.client
import json
import secrets
import statistics
import sys
import threading
import time
import urllib.parse

PAUSE_SECONDS = 0.02
# After the last event: what is not visible then counts as never seen.
GRACE_SECONDS = 30


class Client:
    """One kept-alive connection; opened again when it is lost."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)

    def post(self, body, content_type):
        try:
            self.connection.request("POST", self.url.path, body, {"Content-Type": content_type})
            answer = self.connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0, ""


class Freshness:
    def __init__(self, ingest, admin, rate, seconds):
        self.ingest, self.admin = ingest, admin
        self.rate, self.count = rate, int(rate * seconds)
        self.mark = f"fresh-{secrets.token_hex(6)}-"
        self.answered = {}
        self.visible = {}
        self.posted = threading.Event()
        self.query_ms = []

    def post_all(self):
        client = Client(self.ingest)
        begun = time.monotonic()
        for number in range(self.count):
            time.sleep(max(0, begun + number / self.rate - time.monotonic()))
            status, _ = client.post(json.dumps({"obj_id": f"{self.mark}{number}"}), "application/json")
            if status == 201:
                self.answered[number] = time.monotonic()
        self.posted.set()

    def ask_all(self):
        client = Client(self.admin)
        statement = f"SELECT obj_id FROM clicks WHERE startsWith(obj_id, '{self.mark}') FORMAT TSV"
        deadline = None
        while deadline is None or time.monotonic() < deadline:
            begun = time.monotonic()
            status, text = client.post(statement, "text/plain")
            now = time.monotonic()
            if status == 200:
                self.query_ms.append((now - begun) * 1000)
                for name in text.split():
                    self.visible.setdefault(int(name.removeprefix(self.mark)), now)
            if self.posted.is_set():
                if self.answered.keys() <= self.visible.keys():
                    return
                deadline = deadline or now + GRACE_SECONDS
            time.sleep(PAUSE_SECONDS)

    def report(self):
        # Seen before its 201 came: as fresh as can be.
        ages = sorted(
            max(0, self.visible[number] - at) * 1000 for number, at in self.answered.items() if number in self.visible
        )

        def quantile(q):
            return round(ages[min(len(ages) - 1, int(q * len(ages)))], 1) if ages else None

        return {
            "sent": self.count,
            "stored": len(self.answered),
            "seen": len(ages),
            "p50_ms": quantile(0.5),
            "p95_ms": quantile(0.95),
            "max_ms": quantile(1),
            "query_p50_ms": round(statistics.median(self.query_ms), 1) if self.query_ms else None,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ingest")
    parser.add_argument("admin")
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    freshness = Freshness(options.ingest, options.admin, options.rate, options.seconds)
    asking = threading.Thread(target=freshness.ask_all)
    asking.start()
    freshness.post_all()
    asking.join()
    print(json.dumps(freshness.report()))
    return 0


sys.exit(main())

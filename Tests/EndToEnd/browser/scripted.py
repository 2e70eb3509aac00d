"""A collector that answers as a test tells it to, for what the real one cannot be made to do; and a page that uses it."""

import collections
import http.server
import json
import pathlib
import threading
import time

FILES = pathlib.Path(__file__).parents[3] / "Sources/CWebAssets/files"
PAGE = "<!doctype html><meta charset=utf-8><title>A page</title><link rel=icon href=data:,>"
# One request: when it came (seconds), its path with the query, its headers, its events, its sent_at.
Request = collections.namedtuple("Request", "at path headers events sent_at")


def accepted(events):
    return 201, {}, {"results": [{"event_id": event["event_id"], "status": "accepted"} for event in events]}


def status(number, **headers):
    """A refusal of the whole request."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda events: (number, headers, {"errors": [{"field": "", "message": "as the test wants it"}]})


def broken(events):
    """No answer: the connection ends."""
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self):
        path = self.path.split("?")[0].lstrip("/")
        if path in ("cinelog.js", "cinelog.mjs"):
            return self.answer(200, {"Content-Type": "text/javascript"}, (FILES / path).read_bytes())
        page = self.server.pages.get(path)
        if page is None:
            return self.answer(404, {}, b"")
        return self.answer(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            received = Request(time.monotonic(), self.path, self.headers, body["events"], body["sent_at"])
            self.server.requests.append(received)
            reply = (self.server.plan.popleft() if self.server.plan else self.server.usual)(body["events"])
        if reply is None:
            self.close_connection = True
            return None
        number, headers, content = reply
        return self.answer(number, {"Content-Type": "application/json", **headers}, json.dumps(content).encode())

    def answer(self, number, headers, content):
        self.send_response(number)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words):
        pass


class Collector(http.server.ThreadingHTTPServer):
    """`plan` holds the next answers, then comes the `usual` one. `pages` are its pages by name."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        """A browser that goes away is no fault."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.pages = {}
        self.reset()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def reset(self):
        with self.lock:
            self.requests, self.plan, self.usual = [], collections.deque(), accepted

    def page(self, name, body="", attributes=""):
        """A page with the tracker's script tag; its address."""
        self.pages[name] = f'{PAGE}<script src="/cinelog.js" {attributes}></script>{body}'
        return f"{self.address}/{name}"

    def events(self, kind=None):
        """All events of all requests so far, in order of arrival."""
        with self.lock:
            return [event for request in self.requests for event in request.events if kind in (None, event["type"])]

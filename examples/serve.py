"""Serves the example cinema, with the byte ranges that seeking in a film needs.

    serve.py [--port 8000] [--collector http://127.0.0.1:8080] [--films .cache/films]
"""

import argparse
import http.server
import pathlib
import re
import sys

CINEMA = pathlib.Path(__file__).parent / "cinema"
# As the pages have it.
COLLECTOR = "http://127.0.0.1:8080"
TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".json": "application/json",
    ".webm": "video/webm",
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A browser keeps connections; one that says nothing for this long is let go.
    timeout = 60

    def do_GET(self):
        path = self.path.split("?")[0].lstrip("/") or "index.html"
        folder = self.server.films if path.startswith("films/") else CINEMA
        file = (folder / path.removeprefix("films/")).resolve()
        if not file.is_relative_to(folder.resolve()) or not file.is_file() or file.suffix not in TYPES:
            return self.send_error(404)
        content = file.read_bytes()
        if file.suffix == ".html":
            content = content.replace(COLLECTOR.encode(), self.server.collector.encode())
        return self.answer(content, TYPES[file.suffix])

    def answer(self, content, media_type):
        first, last = self.range(len(content))
        if first > last:
            return self.send_error(416)
        whole = last - first + 1 == len(content)
        self.send_response(200 if whole else 206)
        if not whole:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        try:
            self.wfile.write(content[first : last + 1])
        except ConnectionError:
            self.close_connection = True  # The player has seen enough.
        return None

    def range(self, size):
        """First and last byte that are asked for (RFC 9110, one range)."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not found:
            return 0, size - 1
        return int(found[1]), min(int(found[2] or size), size - 1)

    def log_message(self, *words):
        pass


class Site(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port, collector, films):
        super().__init__(("127.0.0.1", port), Handler)
        self.collector, self.films = collector, pathlib.Path(films)

    def handle_error(self, request, client_address):
        """Browsers break connections off; everything else is a fault."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=8000)
    options.add_argument("--collector", default=COLLECTOR)
    options.add_argument("--films", default=".cache/films")
    chosen = options.parse_args()
    with Site(chosen.port, chosen.collector, chosen.films) as site:
        print(f"The example cinema: http://127.0.0.1:{chosen.port}/  (events go to {chosen.collector})", flush=True)
        site.serve_forever()


if __name__ == "__main__":
    main()

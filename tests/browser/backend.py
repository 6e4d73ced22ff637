"""A backend that knows nothing about CORS, and also serves the pages. It records every request under /api/.

It never sends correct CORS headers: either none at all, or hostile ones if a scenario asks for them in its query.
"""

import base64
import http.server
import json
import pathlib
import sys
import threading
import time
import urllib.parse

import any_method
import request_body
import websocket_echo

PAGES = pathlib.Path(__file__).parent / "pages"
# One red pixel, half transparent.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
FILES = {
    "pixel.png": ("image/png", PIXEL),
    "font.ttf": ("font/ttf", (PAGES / "dot.ttf").read_bytes()),
    "style.css": ("text/css", b"body { color: red }"),
    "module.js": ("text/javascript", b"export const answer = 42"),
    "throws.js": ("text/javascript", b"throw new Error('detail')"),
    "subtitles.vtt": ("text/vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"),
    "large": ("application/octet-stream", bytes(1_000_000)),
}
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".ttf": "font/ttf"}
# Headers on every response of the API. A page may read the first two if the policy exposes them.
EXTRA = [("x-total-count", "42"), ("x-request-id", "r1"), ("x-secret", "s")]


class Records:
    """The requests that reached the backend, grouped by the run that each names in its query."""

    def __init__(self):
        self.lock = threading.Lock()
        self.by_run = {}

    def add(self, run, record):
        with self.lock:
            self.by_run.setdefault(run, []).append(record)

    def of(self, run):
        with self.lock:
            return list(self.by_run.get(run, []))


class Handler(any_method.Handler):
    def serve(self):
        path, _, query = self.path.partition("?")
        self.query = urllib.parse.parse_qs(query, keep_blank_values=True)
        body = request_body.read(self)
        if not path.startswith("/api/"):
            return self.page(path)
        self.server.records.add(self.query.get("run", [""])[0], self.record(path, body))
        name, _, argument = path.removeprefix("/api/").partition("/")
        route = getattr(self, "api_" + name.replace("-", "_"), None)
        if route:
            return route(argument, body)
        if name in FILES:
            kind, content = FILES[name]
            return self.answer(200, [("content-type", kind), ("cache-control", "public, max-age=60")], content)
        return self.answer(404)

    def record(self, path, body):
        header = self.headers.get
        return {
            "method": self.command, "path": path, "origin": header("origin"), "cookie": header("cookie"),
            "authorization": header("authorization"), "type": header("content-type"), "length": len(body),
            "preflight": self.command == "OPTIONS" and header("access-control-request-method") is not None,
        }

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.finish(status, body)

    def page(self, path):
        """Any other path is a page or one of its scripts, on any host."""
        file = PAGES / (path.rsplit("/", 1)[-1] or "page.html")
        if not file.is_file():
            return self.answer(404)
        self.answer(200, [("content-type", TYPES[file.suffix]), ("cache-control", "no-store")], file.read_bytes())

    # The API: each method serves the path with its name.

    def api_echo(self, _, body):
        seen = {"method": self.command, "received": len(body)}
        headers = [("content-type", "application/json"), ("cache-control", "no-store"), *EXTRA]
        self.answer(200, headers, json.dumps(seen).encode())

    def api_status(self, code, _):
        empty = code in ("204", "304")
        self.answer(int(code), [("cache-control", "no-store"), *EXTRA], b"" if empty else b"status " + code.encode())

    def api_headers(self, _, __):
        """Whatever headers the scenario asks for, to any method: this is the hostile backend."""
        given = [tuple(header.split(":", 1)) for header in self.query.get("h", [])]
        status = int(self.query.get("status", ["200"])[0])
        self.answer(status, [("cache-control", "no-store"), *EXTRA, *given], b"headers")

    def api_redirect(self, code, _):
        """Redirects to where the scenario says, and passes on the run, so that the next request is recorded too."""
        to = self.query["to"][0]
        to += ("&" if "?" in to else "?") + "run=" + self.query["run"][0]
        self.answer(int(code), [("location", to), ("cache-control", "no-store")])

    def api_set_cookie(self, _, __):
        self.answer(200, [("set-cookie", "session=1; Secure; SameSite=None; Path=/"), ("cache-control", "no-store")])

    def api_cached(self, _, __):
        """Browsers and shared caches may keep it for a minute."""
        headers = [("content-type", "text/plain"), ("cache-control", "public, max-age=60"), *EXTRA]
        headers += [("vary", value) for value in self.query.get("vary", [])]
        self.answer(200, headers, self.query.get("body", ["kept"])[0].encode())

    def api_slow(self, _, __):
        time.sleep(0.6)
        self.answer(200, [], b"late")

    def api_reset(self, _, __):
        """Closes the connection without an answer."""
        self.close_connection = True
        self.connection.close()

    def api_chunks(self, count, _):
        self.stream("text/plain", [b"chunk %d\n" % number for number in range(int(count))], 0.01)

    def api_events(self, _, __):
        last = self.headers.get("last-event-id")
        events = [b"data: resumed after %s\n\n" % last.encode()] if last else [b"retry: 50\nid: 7\ndata: one\n\n"]
        self.stream("text/event-stream", events, 0)

    def stream(self, content_type, parts, pause):
        self.send_response(200)
        for name, value in [("content-type", content_type), ("cache-control", "no-store")]:
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for part in parts:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            time.sleep(pause)
        self.wfile.write(b"0\r\n\r\n")

    def api_socket(self, _, __):
        websocket_echo.serve(self)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # Bursts open many connections at once.
    request_queue_size = 128

    def handle_error(self, request, client_address):
        # A browser may close a connection early; any other error is shown.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def start():
    """The backend on a free port, in threads of this process."""
    server = Server(("127.0.0.1", 0), Handler)
    server.records = Records()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server

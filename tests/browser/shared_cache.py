"""A shared HTTP cache between browser and Envoy, like a CDN: as much of RFC 9111 as a correct cache needs.

It stores 200 responses to GET that have `max-age` or `s-maxage` and neither `private` nor `no-store`; for requests with
`Authorization` only if the response says `public` (section 3.5). The key is the host and the path. It obeys `Vary`
(section 4.1): several responses to one address are stored, and each is reused only for requests with the same values of
the headers it varies by. Everything else is passed on. Like most caches, it never answers a preflight itself.
"""

import http.client
import re
import threading
import time

import any_method
import backend

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-connection"}


class Kept:
    """One stored response, and the values of the request headers it varies by."""

    def __init__(self, response, request_headers, lifetime):
        self.response = response
        self.since = time.monotonic()
        self.until = self.since + lifetime
        names = ",".join(value for name, value in response[1] if name.lower() == "vary").lower().split(",")
        self.varies_by = [name.strip() for name in names if name.strip()]
        self.chosen_by = [request_headers.get(name) for name in self.varies_by]

    def serves(self, request_headers):
        if time.monotonic() >= self.until or "*" in self.varies_by:
            return False
        return self.chosen_by == [request_headers.get(name) for name in self.varies_by]


def lifetime(status, headers, authorized):
    """How long a response may be stored, in seconds; 0 means not at all."""
    control = ",".join(value for name, value in headers if name.lower() == "cache-control").lower()
    if status != 200 or "no-store" in control or "private" in control or (authorized and "public" not in control):
        return 0
    age = re.search(r"s-maxage=(\d+)", control) or re.search(r"max-age=(\d+)", control)
    return int(age[1]) if age else 0


class Handler(any_method.Handler):
    def serve(self):
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        kept = self.server.kept.setdefault((self.headers["host"], self.path), [])
        if self.command == "GET":
            for one in kept:
                if one.serves(self.headers):
                    return self.answer(*one.response, [("age", str(int(time.monotonic() - one.since)))])
        response = self.forward(body)
        if self.command == "GET":
            seconds = lifetime(response[0], response[1], "authorization" in self.headers)
            if seconds:
                kept.append(Kept(response, self.headers, seconds))
        self.answer(*response, [])

    def forward(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.envoy_port, timeout=10)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        connection.request(self.command, self.path, body or None, headers)
        response = connection.getresponse()
        try:
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
            return response.status, kept, response.read()
        finally:
            connection.close()

    def answer(self, status, headers, body, more):
        self.send_response_only(status)
        for name, value in [*headers, *more]:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.finish(status, body)


def start():
    """The cache on a free port; `envoy_port` is set once it is known."""
    server = backend.Server(("127.0.0.1", 0), Handler)
    server.kept = {}
    server.envoy_port = None
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server

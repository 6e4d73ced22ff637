"""An upstream process that knows nothing about CORS and serves everything that streams through a proxy: WebSocket,
server-sent events, ranges, uploads, gRPC-Web. It listens at the port that it is given, or at a free one for 0, prints the port,
and serves until it is killed."""

import hashlib
import http.server
import struct
import sys
import time

import request_body
import websocket_echo

FILE = bytes(range(256)) * 4


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/socket":
            websocket_echo.serve(self)
        elif path == "/events":
            self.events()
        elif path == "/file":
            self.file()
        elif path == "/chunks":
            self.chunks()
        elif path == "/slow":
            time.sleep(1.5)
            self.answer(200, {})
        elif path == "/close":
            self.close_connection = True
            self.connection.close()
        elif path == "/redirect":
            self.answer(302, {"location": "https://elsewhere.example/"})
        elif path == "/echo-origin":
            origin = self.headers.get("origin", "none")
            allow = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"}
            self.answer(200, allow if origin != "none" else {"x-origin": origin})
        else:
            self.answer(200, {"x-origin": self.headers.get("origin", "none")}, b"hello")

    def do_POST(self):
        body = request_body.read(self)
        if self.path == "/grpc.Echo/Say":
            # A data frame, which is the message as received, then a frame with the trailers (gRPC-Web protocol).
            trailers = b"grpc-status: 0\r\ngrpc-message: fine\r\n"
            reply = body + b"\x80" + struct.pack(">I", len(trailers)) + trailers
            self.answer(200, {"content-type": "application/grpc-web+proto"}, reply)
        else:
            self.answer(200, {"x-received": str(len(body)), "x-digest": hashlib.sha256(body).hexdigest()})

    def events(self):
        """Two server-sent events, a second apart."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in (b"data: one\n\n", b"data: two\n\n"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
            time.sleep(1)
        self.wfile.write(b"0\r\n\r\n")

    def chunks(self):
        """Ten thousand chunks, each sent separately."""
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for _ in range(10_000):
            self.wfile.write(b"a\r\n0123456789\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def file(self):
        start, end = self.headers.get("range", "bytes=0-1023").removeprefix("bytes=").split("-")
        part = FILE[int(start) : int(end) + 1]
        self.answer(206, {"content-range": f"bytes {start}-{end}/{len(FILE)}", "accept-ranges": "bytes"}, part)


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Upstream)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()

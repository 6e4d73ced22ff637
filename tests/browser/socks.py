"""A SOCKS 5 proxy that leads each host and port to one of our listeners (RFC 1928).

Firefox has no resolver rules that map ports; with this proxy, it too sees the names and ports of the scenarios.
"""

import select
import socket
import socketserver
import struct
import threading


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            place = self.asked()
            if place is None:
                # Connection refused: all other hosts are unreachable.
                return self.request.sendall(b"\x05\x05\x00\x01" + bytes(6))
            with socket.create_connection(("127.0.0.1", place), timeout=5) as onward:
                self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
                self.pass_on(onward)
        except OSError:
            # One side has closed the connection.
            pass

    def exactly(self, count):
        return self.request.recv(count, socket.MSG_WAITALL)

    def asked(self):
        """Our port for the host and port that the browser asks for."""
        _, methods = self.exactly(2)
        self.exactly(methods)
        self.request.sendall(b"\x05\x00")
        kind = self.exactly(4)[3]
        # A name, an IPv4 address or an IPv6 one.
        length = self.exactly(1)[0] if kind == 3 else {1: 4, 4: 16}[kind]
        host = self.exactly(length)
        port = struct.unpack(">H", self.exactly(2))[0]
        return self.server.lead(host.decode() if kind == 3 else "", port)

    def pass_on(self, onward):
        sides = {self.request: onward, onward: self.request}
        while True:
            for side in select.select(list(sides), [], [])[0]:
                data = side.recv(65536)
                if not data:
                    return
                sides[side].sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    # A page opens many connections at once.
    request_queue_size = 128


def start(lead):
    """The proxy on a free port; `lead` returns our port for a host and port, or None."""
    server = Server(("127.0.0.1", 0), Handler)
    server.lead = lead
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server

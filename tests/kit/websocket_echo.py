"""A WebSocket that echoes what it receives, for the upstreams of the tests."""

import base64
import hashlib


def serve(handler):
    """The handshake, then the echo of one short text frame (RFC 6455)."""
    key = handler.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    handler.send_response(101)
    handler.send_header("upgrade", "websocket")
    handler.send_header("connection", "Upgrade")
    handler.send_header("sec-websocket-accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
    handler.end_headers()
    first, length = handler.rfile.read(2)
    mask = handler.rfile.read(4)
    text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(handler.rfile.read(length & 0x7F)))
    handler.wfile.write(bytes([first, len(text)]) + text)
    handler.close_connection = True

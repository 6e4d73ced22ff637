"""A request handler for any method, in upper or lower case, as browsers send them."""

import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    """Hands each request to `serve`."""

    protocol_version = "HTTP/1.1"
    # An answer is two writes; waiting for an acknowledgement between them costs 40 ms.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def finish(self, status, body):
        """Ends the headers, and sends the body if one is allowed."""
        if status not in (204, 304):
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def __getattr__(self, name):
        # http.server looks for do_GET, do_PUT, do_patch, …: all methods are served alike.
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

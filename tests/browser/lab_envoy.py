"""The demo's Envoy, on free ports."""

import contextlib
import http.client
import re
import socket

from envoy_process import REPOSITORY, EnvoyProcess

PORTS = ("8000", "8001", "9901", "10000")


class LabEnvoy:
    """envoy/envoy.yaml with each port replaced by a free one, or by one of `ports`; `change` edits the rest."""

    def __init__(self, folder, change=lambda text: text, ports=None):
        self.ports = dict(zip(PORTS, ports or free_ports(len(PORTS)), strict=True))
        self.lab, self.unnamed = f"http://localhost:{self.ports['8000']}", f"http://127.0.0.1:{self.ports['8001']}"
        self.api = f"http://localhost:{self.ports['10000']}"
        text = change((REPOSITORY / "envoy/envoy.yaml").read_text())
        config = folder / "envoy.yaml"
        config.write_text(re.sub(rf"\b({'|'.join(PORTS)})\b", lambda match: str(self.ports[match[0]]), text))
        self.log = folder / "envoy.log"
        self.process = EnvoyProcess(config, self.log, self.is_ready)

    def is_ready(self):
        with contextlib.suppress(OSError):
            return self.ask("GET", "/ready", port=self.ports["9901"])[0] == 200
        return False

    def ask(self, method, path, headers=None, port=None):
        """Status, headers and body of a response, by default from the lab's listener."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.ports["8000"], timeout=5)
        try:
            connection.request(method, path, headers={"host": self.lab.removeprefix("http://"), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def stop(self):
        self.process.stop()


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]

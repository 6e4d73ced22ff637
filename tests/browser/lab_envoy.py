"""The demo's Envoy, on ports of its own."""

import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

PORTS = ("8000", "8001", "9901", "10000")
ROOT = pathlib.Path(__file__).parents[2]
PATIENCE_SECONDS = 30


def command():
    """The words that start Envoy, chosen as the Makefile chooses them."""
    if given := os.environ.get("ENVOY", "").split():
        return given
    if shutil.which("func-e"):
        return ["func-e", "run"]
    return [shutil.which("envoy") or str(ROOT / "target/envoy")]


class LabEnvoy:
    """envoy/envoy.yaml with each port replaced by a free one, or by one of `ports`; `change` edits the rest."""

    def __init__(self, folder, change=lambda text: text, ports=None):
        self.ports = dict(zip(PORTS, ports or free_ports(len(PORTS)), strict=True))
        self.lab, self.unnamed = f"http://localhost:{self.ports['8000']}", f"http://127.0.0.1:{self.ports['8001']}"
        self.api = f"http://localhost:{self.ports['10000']}"
        text = change((ROOT / "envoy/envoy.yaml").read_text())
        config = folder / "envoy.yaml"
        config.write_text(re.sub(rf"\b({'|'.join(PORTS)})\b", lambda match: str(self.ports[match[0]]), text))
        self.log = folder / "envoy.log"
        options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
        with self.log.open("w") as log:
            # A session of its own, so that what a wrapper such as func-e starts ends with it.
            self.process = subprocess.Popen(
                [*command(), "-c", config, *options], cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/ready", port=self.ports["9901"])[0] == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"Envoy does not start\n{self.log.read_text()}")

    def ask(self, method, path, headers=None, port=None):
        """Status, headers and body of an answer; of the lab's listener unless another port is given."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.ports["8000"], timeout=5)
        try:
            connection.request(method, path, headers={"host": self.lab.removeprefix("http://"), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]

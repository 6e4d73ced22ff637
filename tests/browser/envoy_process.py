"""An Envoy process that ends with the tests, however they end."""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).parents[2]
# How long Envoy may take to start, or to write a line of its log.
PATIENCE = 30
# One worker, and an access log that is flushed at once: its lines are in the order in which streams ended.
FLAGS = ["--concurrency", "1", "--file-flush-interval-msec", "1", "--disable-hot-restart", "--log-level", "warning"]


def command():
    """The command that starts Envoy, found as in tests/kit/src/envoy.rs."""
    if given := os.environ.get("ENVOY", "").split():
        return given
    if shutil.which("func-e"):
        return ["func-e", "run"]
    if shutil.which("envoy"):
        return ["envoy"]
    wheel = REPOSITORY / "target" / "envoy"
    assert wheel.exists(), "Envoy not found: run `make envoy`, or set ENVOY"
    return [str(wheel)]


def end_with_parent():
    """Called in the child: the kernel kills it when this process ends, for whatever reason."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class EnvoyProcess:
    """An Envoy with a configuration; `is_ready` is polled until it returns true."""

    def __init__(self, config, log, is_ready, more=()):
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [*command(), "-c", str(config), *FLAGS, *more],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=REPOSITORY,
                # Its own process group, so that whatever a wrapper such as func-e starts ends with it.
                start_new_session=True, preexec_fn=end_with_parent,
            )
        try:
            deadline = time.monotonic() + PATIENCE
            while not is_ready():
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("Envoy did not start:\n" + pathlib.Path(log).read_text())
                time.sleep(0.02)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

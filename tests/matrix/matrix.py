"""Runs the tests that depend on Envoy's version against several versions, and writes the README's table.

Usage: matrix.py [--write] PATH_OF_ENVOY…

Needs only Python 3.11 and cargo. Without --write, the README stays as it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
BEGIN, END = "<!-- matrix -->\n", "<!-- /matrix -->"
# Column -> the test binary that it is about, and the only test to run of it.
COLUMNS = {
    "corpus": ("envoy", None),
    "updates and 200 reloads": ("reload", None),
    "access log": ("deployments", "the_access_log_of_the_demo_tells_each_decision"),
    "examples": ("deployments", "each_example_does_what_its_header_shows"),
    "failure policies": ("failure", None),
}


def version(envoy):
    text = subprocess.run([envoy, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"/(\d+\.\d+\.\d+)[^/]*/", text)[1]


def run(envoy, binary, test):
    """What a cell says, and whether all tests passed."""
    command = ["cargo", "test", "--locked", "--quiet", "--package", "envoy-cors", "--test", binary]
    command += ["--", "--nocapture", *([test, "--exact"] if test else [])]
    environment = {**os.environ, "ENVOY": envoy}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    passed = re.search(r"test result: ok\. ([1-9]\d*) passed", done.stdout)
    if done.returncode or not passed:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        return "**fails**", False
    cases = re.search(r"(\d+) cases of the corpus passed", done.stdout)
    return f"{cases[1]} cases" if cases else "passes", True


def differences(envoy):
    """What this Envoy says of the demo's configuration."""
    command = [envoy, "-c", "envoy/envoy.yaml", "--mode", "validate", "--log-level", "warning"]
    log = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if log.returncode:
        return "refuses `envoy/envoy.yaml`"
    fields = re.findall(r"deprecated option '[\w.]*?(\w+)'", log.stdout + log.stderr)
    return "; ".join(f"warns that `{field}` is deprecated" for field in dict.fromkeys(fields)) or "none"


def table(rows):
    """The table, with one row for all versions that do the same."""
    cells = [["Envoy", *COLUMNS, "differences"], ["---"] * (len(COLUMNS) + 2)]
    cells += [[", ".join(versions), *row] for row, versions in rows.items()]
    return "".join("| " + " | ".join(row) + " |\n" for row in cells)


def main(arguments):
    write = "--write" in arguments
    envoys = [path for path in arguments if path != "--write"]
    if not envoys:
        return __doc__
    rows = {}
    good = True
    for envoy in envoys:
        row = []
        for binary, test in COLUMNS.values():
            cell, passed = run(envoy, binary, test)
            good &= passed
            row.append(cell)
        row.append(differences(envoy))
        rows.setdefault(tuple(row), []).append(version(envoy))
        print("Envoy", version(envoy), *row, sep=" | ", flush=True)
    if write:
        before, rest = README.read_text().split(BEGIN)
        README.write_text(before + BEGIN + table(rows) + END + rest.split(END)[1])
    return 0 if good else "some tests fail"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

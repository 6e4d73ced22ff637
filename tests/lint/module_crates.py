"""Checks that the wasm build contains the crates of module_crates.txt, and no others."""

import sys
from pathlib import Path

from cargo_tree import cargo_tree

LIST = Path(__file__).with_name("module_crates.txt")
MODULE = ("-p", "envoy-cors", "--target", "wasm32-wasip1", "-e", "normal")


def main():
    lines = (line.partition("#")[0].strip() for line in LIST.read_text().splitlines())
    allowed = {line for line in lines if line}
    built = {line.split()[0] for line in cargo_tree(*MODULE, "--prefix", "none") if line.strip()}
    for name in sorted(built - allowed):
        users = cargo_tree(*MODULE, "-i", name, "--depth", "1", "--prefix", "none")
        by = ", ".join(sorted({line.split()[0] for line in users} - {name}))
        print(f"{name}, for {by}: not in tests/lint/{LIST.name}, so not allowed in the module", file=sys.stderr)
    for name in sorted(allowed - built):
        print(f"{name} is no longer part of the wasm build: remove it from tests/lint/{LIST.name}", file=sys.stderr)
    return 1 if built != allowed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Checks that the wasm build contains the crates of module_crates.md and no others, in the versions of its table,
and that the columns which can be counted are true."""

import json
import re
import subprocess
import sys
from pathlib import Path

from cargo_tree import ROOT, cargo_tree

LIST = Path(__file__).with_name("module_crates.md")
NAME = f"tests/lint/{LIST.name}"
MODULE = ("-p", "envoy-cors", "--target", "wasm32-wasip1", "-e", "normal")
COLUMNS = ["crate", "version", "maintained by", "what it is for", "`unsafe`", "when building"]
BUILDING = {"custom-build": "build script", "proc-macro": "procedural macro"}
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


def table():
    """Crate -> its row, by column."""
    lines = [line for line in LIST.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    if cells[0] != COLUMNS:
        sys.exit(f"{NAME}: the columns must be {', '.join(COLUMNS)}")
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in cells[2:]]
    return {row["crate"].strip("`"): row for row in rows}


def packages():
    """(name, version) -> what cargo knows of each package of the lock file."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return {(package["name"], package["version"]): package for package in json.loads(done.stdout)["packages"]}


def seen(package):
    """The columns that can be counted."""
    folder = Path(package["manifest_path"]).parent / "src"
    unsafe = sum(len(re.findall(r"\bunsafe\b", COMMENT.sub("", file.read_text()))) for file in folder.rglob("*.rs"))
    kinds = {kind for target in package["targets"] for kind in target["kind"]}
    building = ", ".join(name for kind, name in BUILDING.items() if kind in kinds)
    return {"version": package["version"], "`unsafe`": str(unsafe), "when building": building}


def users_of(name):
    users = cargo_tree(*MODULE, "-i", name, "--depth", "1", "--prefix", "none")
    return ", ".join(sorted({line.split()[0] for line in users} - {name}))


def problems():
    rows = table()
    built = {tuple(line.split()[:2]) for line in cargo_tree(*MODULE, "--prefix", "none") if line.strip()}
    known = packages()
    for name, version in sorted(built):
        row = rows.get(name)
        if row is None:
            yield f"{name}, for {users_of(name)}: not in {NAME}, so not allowed in the module"
            continue
        package = known[name, version.removeprefix("v")]
        # The crates of this repository change all the time, and are reviewed as they do.
        for column, value in seen(package).items() if package["source"] else ():
            if row[column] != value:
                yield f"{NAME}: {name}: `{column.strip('`')}` is {value or 'empty'}, the table says {row[column] or 'nothing'}"
        for column in ("maintained by", "what it is for"):
            if not row[column]:
                yield f"{NAME}: {name}: {column} is missing"
    for name in sorted(rows.keys() - {name for name, _ in built}):
        yield f"{name} is no longer part of the wasm build: remove it from {NAME}"


def main():
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

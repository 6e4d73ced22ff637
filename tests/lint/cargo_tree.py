"""Runs `cargo tree` for the other checks in this folder."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cargo_tree(*arguments):
    """The lines of `cargo tree`, by Cargo.lock as it is; ends the program where cargo fails."""
    command = ["cargo", "tree", "--locked", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout.splitlines()

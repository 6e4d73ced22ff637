"""Checks that no crate of the workspace turns on a feature of serde_json that changes how documents are read.

Cargo unifies features: if one test dependency turns a feature on, `cargo test` builds everything with it, and documents
are no longer read as in the module. So both the module's build and the whole workspace are checked."""

import itertools
import re
import sys

from cargo_tree import cargo_tree

REFUSED = {
    "arbitrary_precision": "every number reaches the reader of documents as an object, so that max_age is refused",
    "float_roundtrip": "numbers are read by another algorithm, so that the last digit may differ from the module's",
    "raw_value": 'a document\'s key "$serde_json::private::RawValue" gets a meaning',
    "unbounded_depth": "lets code lift the limit on nesting, which keeps a document from overflowing the stack",
}
# preserve_order (which brings indexmap) changes serde_json::Map only: our reader keeps the order of members itself.
HARMLESS = {"alloc", "default", "indexmap", "preserve_order", "std"}
UNKNOWN = "not known to be harmless; decide in tests/lint/serde_json_features.py"
BUILDS = {
    "the module": ("-p", "envoy-cors", "--target", "wasm32-wasip1", "-e", "normal,features"),
    "the workspace": ("--workspace", "-e", "all,features"),
}


def check(build, arguments):
    # Each line starts with its depth; below a feature, one level deeper, are the crates that turn it on.
    lines = cargo_tree(*arguments, "-i", "serde_json", "--prefix", "depth")
    found = (re.match(r"(\d+)(.*)", line) for line in lines)
    depths = [(int(line[1]), line[2]) for line in found if line]
    for at, (depth, name) in enumerate(depths):
        found = re.match(r'serde_json feature "([^"]+)"', name)
        if not found or found[1] in HARMLESS or name.endswith("(*)"):
            continue
        below = itertools.takewhile(lambda user: user[0] > depth, depths[at + 1 :])
        users = [user.split(" (")[0] for user_depth, user in below if user_depth == depth + 1]
        reason = REFUSED.get(found[1], UNKNOWN)
        yield f"{build} builds serde_json with {found[1]}, for {', '.join(users) or 'its own sake'}: {reason}"


def main():
    problems = [problem for build, arguments in BUILDS.items() for problem in check(build, arguments)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

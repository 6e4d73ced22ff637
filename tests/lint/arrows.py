"""Checks the arrows of the house: which crates a crate may depend on, which parts of std the core and the document may
use, and that no two files of a crate import each other, directly or through other files.

Test modules, examples, comments and links in documentation do not count as imports."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Crate -> its folder, and the dependencies that it may have; with None, any but those of this repository in OWN_CRATES.
CRATES = {
    "envoy-cors": ("src", {"cors", "document", "log", "proxy-wasm"}),
    "cors": ("src/cors", {"log"}),
    "document": ("src/document", {"cors", "globset", "serde", "serde_json"}),
    "envoy-cors-tool": ("src/tool", None),
    "trim": ("src/trim", None),
    "image": ("src/image", None),
    "release": ("src/release", None),
    "sbom": ("src/sbom", None),
    # What the model shared with the filter, it could not judge.
    "model": ("tests/model", None),
}
BUILD_STEPS = ("image", "release", "sbom", "trim")
OWN_CRATES = {"envoy-cors-tool": {"cors", "document"}, "model": set(), **{step: set() for step in BUILD_STEPS}}
# Crates in which the modules of a folder, such as check/text.rs, may use the types of the file that the folder belongs to
# (check.rs), which in turn uses them. For all other crates, that is a circle like any other.
WITH_FOLDERS = {"envoy-cors-tool"}
# The core and the document compute a result from bytes: no files, sockets, clock, threads or environment.
IMPURE = {"env", "fs", "io", "net", "os", "process", "thread", "time"}
PURE_PARTS = {("net", "Ipv4Addr"), ("net", "Ipv6Addr"), ("net", "IpAddr")}
PURE = {"cors", "document"}
NOT_PURE = "the core and the document may not use files, sockets, clock, threads or environment"


def code_of(text):
    """The text without comments, strings and test modules."""
    token = re.compile(
        r"""//[^\n]*|/\*.*?\*/|b?r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?'(?:\\[^\n]{1,10}?|[^'\\\n])'""", re.DOTALL
    )
    text = token.sub(lambda found: '""' if '"' in found[0] else " ", text)
    while found := re.search(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub\s+)?mod\s+\w+\s*\{", text):
        depth, end = 1, found.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        text = text[: found.start()] + text[end:]
    return text


def expand(tree):
    """The paths of a use tree, as lists of segments: `a::{b, c::d as e}` is a::b and a::c::d."""
    tree = tree.strip()
    head, brace, rest = tree.partition("{")
    if not brace:
        name = re.sub(r"\s+as\s+\w+$", "", tree)
        return [[part.strip() for part in name.split("::") if part.strip()]] if name else []
    prefix = [part.strip() for part in head.split("::") if part.strip()]
    parts, depth, part = [], 0, ""
    for char in rest[: rest.rindex("}")]:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += char
    return [prefix + path for each in [*parts, part] for path in expand(each)]


def paths_of(code):
    """Every path that the code names: in `use`, and in place."""
    uses = re.compile(r"\buse\s+([^;]+);")
    for found in uses.finditer(code):
        yield from expand(found[1])
    for found in re.finditer(r"(?<![\w:])(?:::)?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)+", uses.sub("", code)):
        yield [part for part in found[0].split("::") if part]


def modules_of(folder, foreign):
    """Module path -> file, for a crate; without other crates in its folder, examples, and modules for tests only."""
    modules = {}
    files = [file for file in sorted(folder.rglob("*.rs")) if not any(other in file.parents for other in foreign)]
    for_tests = {name for file in files for name in re.findall(r"#\[cfg\(test\)\]\s*mod\s+(\w+)\s*;", file.read_text())}
    for file in files:
        parts = file.relative_to(folder).with_suffix("").parts
        if parts[0] in ("examples", "tests", "benches") or for_tests & set(parts):
            continue
        is_root = parts in [("lib",), ("main",)]
        modules[parts[:-1] if is_root or parts[-1] == "mod" else parts] = file
        if parts == ("main",) and (folder / "lib.rs").exists():
            modules[()] = folder / "lib.rs"
    return modules


def target_of(path, here, modules):
    """The module of this crate that a path from module `here` leads to, or None for another crate's."""
    path = list(path)
    if path[0] == "crate":
        at, path = (), path[1:]
    elif path[0] in ("self", "super"):
        at = here
        while path and path[0] in ("self", "super"):
            at = at[:-1] if path[0] == "super" else at
            path = path[1:]
    elif (*here, path[0]) in modules:
        at = here
    else:
        return None
    while path and (*at, path[0]) in modules:
        at, path = (*at, path[0]), path[1:]
    return at


def circles_of(edges):
    """The groups of modules that reach each other."""
    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for other in edges.get(todo.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    reached = {module: reach(module) for module in edges}
    groups = {frozenset(b for b in reached[a] if a in reached.get(b, ())) for a in edges if a in reached[a]}
    return sorted(groups, key=sorted)


def show(file):
    return str(file.relative_to(ROOT))


def check_dependencies(crate, folder, allowed):
    manifest_path = ROOT / "Cargo.toml" if crate == "envoy-cors" else folder / "Cargo.toml"
    manifest = tomllib.loads(manifest_path.read_text())
    if manifest["package"]["name"] != crate:
        yield f"{show(manifest_path)}: the package is {manifest['package']['name']}, tests/lint/arrows.py knows {crate}"
    sections = [manifest, *manifest.get("target", {}).values()]
    dependencies = {name for section in sections for name in section.get("dependencies", {})}
    if allowed is None:
        dependencies, allowed = dependencies & CRATES.keys(), OWN_CRATES[crate]
    for name in sorted(dependencies - allowed):
        may = ", ".join(sorted(allowed)) or "none of them"
        yield f"{show(manifest_path)}: {crate} must not depend on {name}; it may depend on {may}"


def check_purity(file, code):
    for path in paths_of(code):
        if len(path) < 2 or path[0] not in ("std", "core", "alloc") or path[1] not in IMPURE:
            continue
        if tuple(path[1:3]) not in PURE_PARTS:
            yield f"{show(file)}: uses {'::'.join(path)}; {NOT_PURE}"


def check_circles(modules, codes, with_folders):
    edges = {}
    for here, file in modules.items():
        targets = {target_of(path, here, modules) for path in paths_of(codes[file])} - {None, here}
        edges[here] = {to for to in targets if not (with_folders and to and here[: len(to)] == to)}
    for group in circles_of(edges):
        imports = {a: ", ".join(sorted(show(modules[b]) for b in edges[a] & group)) for a in sorted(group)}
        yield "files that import each other: " + "; ".join(f"{show(modules[a])} -> {imports[a]}" for a in imports)


def main():
    problems = []
    folders = {ROOT / folder for folder, _ in CRATES.values()}
    for manifest in sorted(ROOT.glob("src/**/Cargo.toml")):
        if manifest.parent not in folders:
            problems.append(f"{show(manifest)}: add this crate to CRATES in tests/lint/arrows.py")
    for crate, (name, allowed) in CRATES.items():
        folder = ROOT / name
        problems += check_dependencies(crate, folder, allowed)
        modules = modules_of(folder, {other for other in folders if folder in other.parents})
        codes = {file: code_of(file.read_text()) for file in modules.values()}
        if crate in PURE:
            problems += [problem for file, code in codes.items() for problem in check_purity(file, code)]
        problems += check_circles(modules, codes, crate in WITH_FOLDERS)
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""The corpus of tests/corpus for a runner in a browser: see tests/README.md, and tests/kit/src/corpus.rs, whose rules
these are."""

import json

from envoy_process import REPOSITORY

WATCHED = ("vary", "timing-allow-origin", "x-cors-decision")


def load():
    """All groups, each with its configuration and its cases as a proxy-wasm host takes them."""
    groups = []
    for file in sorted((REPOSITORY / "tests/corpus").glob("*.json")):
        for group in json.loads(file.read_text())["groups"]:
            cases = [case_of(merge(group.get("defaults", {}), case)) for case in group["cases"]]
            groups.append({"name": f"{file.stem}/{group['name']}", "config": group["config"], "cases": cases})
    return groups


def merge(target, patch):
    """A case over its group's defaults, as a JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def case_of(case):
    upstream = case.get("upstream", {})
    return {
        "name": case["name"],
        "request": [
            [":method", case.get("method", "GET")],
            [":path", case.get("path", "/")],
            [":authority", case.get("authority", "api.example.test")],
            *lines(case.get("headers", {})),
        ],
        "upstream": [[":status", str(upstream.get("status", 200))], *lines(upstream.get("headers", {}))],
        "route": case.get("route"),
        "expected": expected(case),
    }


def expected(case):
    expect = case.get("expect", {})
    counted = expect.get("counted")
    return {
        "status": expect.get("status") or case.get("upstream", {}).get("status", 200),
        "headers": {name: text(value) for name, value in expect.get("headers", {}).items()},
        "counted": [counted] if counted else [],
        # `app/preflight/allowed` is `cors_preflight_allowed` in access logs.
        "answered": f"cors_{'_'.join(counted.split('/')[1:])}" if expect.get("answered") else None,
        "kept": expect.get("kept"),
    }


def seen(exchange):
    """What came out of the page's host, in the same terms."""
    headers = {}
    for name, value in exchange["response"]:
        if (name := name.lower()).startswith("access-control-") or name in WATCHED:
            headers.setdefault(name, []).append(value)
    reply = exchange.get("reply")
    return {
        "status": int(next(value for name, value in exchange["response"] if name == ":status")),
        "headers": {name: ",".join(values) for name, values in headers.items()},
        "counted": exchange["counted"],
        "answered": reply["details"] if reply else None,
        "kept": exchange.get("kept"),
    }


def lines(headers):
    """Headers by name, where a list is several lines."""
    named = [(name, values if isinstance(values, list) else [values]) for name, values in headers.items()]
    return [[name, text(value)] for name, values in named for value in values]


def text(value):
    """Text, or text that is repeated."""
    return value if isinstance(value, str) else value["repeat"] * value["times"]

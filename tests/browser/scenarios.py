"""The table: every scenario of scenarios/*.json, one group per file, validated when it is read."""

import dataclasses
import json
import pathlib

import policies

HERE = pathlib.Path(__file__).parent
REASONS = json.loads((HERE / "reasons.json").read_text())
KEYS = {"id", "page", "policy", "cdn", "cookies", "do", "expect", "native", "firefox"}
EXPECTED = {"readable", "status", "type", "body", "headers", "preflights", "backend", "uploaded"}


@dataclasses.dataclass(frozen=True)
class Scenario:
    id: str
    group: str
    page: str
    base: str
    steps: list
    cookies: dict
    expect: dict
    # A key of reasons.json if the native filter falls short.
    native: str | None
    # What Firefox ESR does differently or cannot do, if the scenario does not run there.
    firefox: str | None


def read(group, defaults, row):
    """A scenario from one line of data, completed by the defaults of its group."""
    row = {**defaults, **row}
    assert not row.keys() - KEYS, f"{row['id']}: unknown keys {row.keys() - KEYS}"
    assert row["policy"] in policies.POLICIES, f"{row['id']}: no policy {row['policy']}"
    assert "native" not in row or row["native"] in REASONS, f"{row['id']}: no reason {row['native']}"
    steps = row["do"] if isinstance(row["do"], list) else [row["do"]]
    # Unless a scenario mentions preflights, none may be sent.
    expect = {"preflights": 0, **row["expect"]}
    assert not expect.keys() - EXPECTED, f"{row['id']}: unknown expectations {expect.keys() - EXPECTED}"
    assert {"readable", "backend"} <= expect.keys(), f"{row['id']}: say what is readable, and what reaches the backend"
    base = f"https://{row['policy']}.{'cdn' if row.get('cdn') else 'api'}.test"
    cookies, notes = row.get("cookies", {}), (row.get("native"), row.get("firefox"))
    return Scenario(row["id"], group, row["page"], base, steps, cookies, expect, *notes)


def load():
    table = []
    for file in sorted((HERE / "scenarios").glob("*.json")):
        document = json.loads(file.read_text())
        for row in document["scenarios"]:
            table.append(read(document["group"], document.get("defaults", {}), row))
    names = [scenario.id for scenario in table]
    duplicates = {name for name in names if names.count(name) > 1}
    assert not duplicates, f"duplicate ids: {duplicates}"
    return table


TABLE = load()
GROUPS = list(dict.fromkeys(scenario.group for scenario in TABLE))

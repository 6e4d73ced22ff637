"""The scores of a run, as the README and native.md show them."""

import os
import pathlib

import scenarios

HERE = pathlib.Path(__file__).parent
README = HERE.parents[1] / "README.md"
NATIVE = HERE / "native.md"
BEGIN, END = "<!-- browsers -->\n", "<!-- /browsers -->"
# If set, both files are written instead of compared.
UPDATE = "UPDATE_SCORES"


class Scores:
    """Which scenarios ended as the table expects, for each filter."""

    def __init__(self):
        self.passed = {"ours": {}, "native": {}}

    def note(self, filter_, scenario, passed):
        self.passed[filter_][scenario.id] = passed

    def complete(self):
        return all(len(passed) == len(scenarios.TABLE) for passed in self.passed.values())

    def count(self, filter_, group=None):
        wanted = [scenario for scenario in scenarios.TABLE if group in (None, scenario.group)]
        return f"{sum(self.passed[filter_][scenario.id] for scenario in wanted)} of {len(wanted)}"

    def summary(self):
        """The README's sentence: the totals."""
        return (
            f"In Chromium, {self.count('ours')} scenarios end as expected with envoy-cors, and {self.count('native')} with "
            "Envoy's native cors filter ([where it falls short, and why](tests/browser/native.md)).\n"
        )

    def groups(self):
        """The totals, and each group in which the two filters differ."""
        lines = ["| | envoy-cors | Envoy's native filter |", "|---|---|---|"]
        rows = [(group, self.count("ours", group), self.count("native", group)) for group in scenarios.GROUPS]
        lines += [f"| {group} | {ours} | {native} |" for group, ours, native in rows if ours != native]
        lines += [f"| **all** | **{self.count('ours')}** | **{self.count('native')}** |", ""]
        alike = "; ".join(f"{group} ({ours})" for group, ours, native in rows if ours == native)
        return [*lines, f"The same in both: {alike}.", ""]

    def shortcomings(self):
        """native.md: each scenario in which the native filter falls short, and why."""
        lines = [
            "# Where Envoy's native cors filter falls short", "",
            f"Written by the browser tests (`make test-browser {UPDATE}=1`): with Envoy 1.40.0 and the closest",
            f"policies ([`policies.py`](policies.py)), {self.count('native')} scenarios end as expected.", "",
            *self.groups(),
            "| group | scenario | why |", "|---|---|---|",
        ]
        for scenario in scenarios.TABLE:
            if not self.passed["native"][scenario.id]:
                why = scenarios.REASONS[scenario.native] if scenario.native else "unknown"
                lines.append(f"| {scenario.group} | {scenario.id} | {why} |")
        return "\n".join([*lines, ""])


def compare_or_write(path, wanted, begin="", end=""):
    """Compares a file, or its text between two marks, with `wanted`; with UPDATE set, writes it instead."""
    text = path.read_text() if path.exists() else ""
    start = text.index(begin) + len(begin)
    stop = text.index(end, start) if end else len(text)
    if os.environ.get(UPDATE):
        path.write_text(text[:start] + wanted + text[stop:])
        return
    assert text[start:stop] == wanted, f"{path.name} has other scores than this run: `make test-browser {UPDATE}=1`"

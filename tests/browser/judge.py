"""Runs one scenario and tells its end state: what the page could read, what preflights Envoy saw, what reached the
backend. Nothing here knows what should come out."""

import itertools
import json
import urllib.parse

NUMBERS = itertools.count(1)
# Errors of a browser stay out of the end state: their text differs between versions.
TOLD = ["readable", "status", "type", "body", "uploaded"]


class Lane:
    """One filter: its Envoy, the backend behind it, and a browser that finds only these."""

    def __init__(self, name, envoy, backend, browser):
        self.name, self.envoy, self.backend, self.browser = name, envoy, backend, browser
        self.group, self.context, self.pages = None, None, {}

    def enter(self, group):
        """A new context, which is a profile of its own, for each group; within it pages are used again.

        No scenario meets what another left in a cache: those of HTTP and of preflights go by the whole address, and the
        run stands in its query. Cookies are cleared.
        """
        if group != self.group:
            if self.context:
                self.context.close()
            self.group, self.context, self.pages = group, self.browser.new_context(), {}
        self.context.clear_cookies()

    def page(self, origin):
        if origin not in self.pages:
            page = self.context.new_page()
            page.set_default_timeout(10_000)
            page.goto(origin + "/")
            self.pages[origin] = page
        return self.pages[origin]


def perform(lane, scenario):
    """The end state of a scenario, in the words of `expect`, and the traffic for a reader."""
    run = f"{lane.name}-{next(NUMBERS)}"
    lane.enter(scenario.group)
    add_cookies(lane.context, scenario)
    results = run_steps(lane, scenario, run)
    seen = lane.envoy.requests(run)
    reached = lane.backend.records.of(run)
    state = told(results, scenario.expect)
    state["preflights"] = sum(1 for line in seen if line["method"] == "OPTIONS" and line["asked"])
    state["backend"] = sorted(summary(record) for record in reached)
    return state, {"page": results, "Envoy": seen, "backend": reached}


def run_steps(lane, scenario, run):
    results = []
    given = {"base": scenario.base, "run": run}
    for step in scenario.steps:
        page = lane.page(step.get("at", scenario.page))
        if "wait" in step:
            page.wait_for_timeout(step["wait"])
        elif "reload" in step:
            page.reload()
        elif "visit" in step:
            visit(lane, scenario, step["visit"], run)
        elif "all" in step:
            # Several actions at once.
            actions = [{**given, **action} for action in step["all"]]
            results += page.evaluate("actions => Promise.all(actions.map(perform))", actions)
        else:
            results.append(page.evaluate("action => perform(action)", {**given, **step}))
    return results


def visit(lane, scenario, path, run):
    """A navigation: it sends no Origin."""
    page = lane.context.new_page()
    page.goto(urllib.parse.urljoin(scenario.base, path) + ("&" if "?" in path else "?") + "run=" + run)
    page.close()


def add_cookies(context, scenario):
    for name, value in scenario.cookies.items():
        # SameSite=None, or no request of another site would carry it whatever CORS says.
        cookie = {"name": name, "value": value, "url": scenario.base, "sameSite": "None", "secure": True}
        context.add_cookies([cookie])


def told(results, expect):
    """What the page was told: single values for one action, lists for several."""
    state = {}
    for key in TOLD:
        values = [result.get(key) for result in results]
        state[key] = values[0] if len(values) == 1 else values
    if "headers" in expect:
        # The headers asked for, as the page sees them; null is what it cannot see.
        last = results[-1].get("headers") or {}
        state["headers"] = {name: last.get(name) for name in expect["headers"]}
    mixed = [result["mixed"] for result in results if "mixed" in result]
    if mixed:
        state["readable"] = mixed
    return state


def summary(record):
    """One request at the backend: `GET`, `PUT cookie`, `POST authorization`, `OPTIONS preflight`."""
    return " ".join([record["method"], *(word for word in ("cookie", "authorization", "preflight") if record[word])])


def requests(expected, state):
    """The requests that a scenario expects: a list, or how often each; "any" where it leaves them open."""
    if expected == "any":
        return state["backend"]
    if isinstance(expected, dict):
        return sorted(request for request, times in expected.items() for _ in range(times))
    return sorted(expected)


def differences(scenario, state):
    """Each thing that is not as expected, as text; none is a pass."""
    expect = {**scenario.expect, "backend": requests(scenario.expect["backend"], state)}
    return [
        f"{key}: expected {json.dumps(value)}, got {json.dumps(state.get(key))}"
        for key, value in expect.items() if state.get(key) != value
    ]


def explain(scenario, lane, found, traffic):
    """A failure for a reader: what differs, what the scenario is, and all that was seen."""
    lines = [f"{scenario.id} ({scenario.group}) by {lane.name}:", *(f"  {line}" for line in found), ""]
    lines.append(f"a page at {scenario.page} does, at {scenario.base}:")
    lines += [f"  {json.dumps(step)}" for step in scenario.steps]
    for place, entries in traffic.items():
        lines += ["", f"{place}:", *(f"  {json.dumps(entry)[:600]}" for entry in entries)]
    return "\n".join(lines)

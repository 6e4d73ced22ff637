"""Runs one scenario and reports its end state: what the page could read, which preflights Envoy saw, and what reached
the backend. Nothing here knows the expected result."""

import itertools
import json
import urllib.parse

NUMBERS = itertools.count(1)
# A browser's error messages are not part of the end state: their text differs between versions.
REPORTED = ["readable", "status", "type", "body", "uploaded"]


class Lane:
    """One filter: its Envoy, the backend behind it, and a browser that can reach only these."""

    def __init__(self, name, envoy, backend, browser):
        self.name, self.envoy, self.backend, self.browser = name, envoy, backend, browser
        self.group, self.context, self.pages = None, None, {}

    def enter(self, group):
        """Opens a new context, which is like a new profile, for each group; within a group, pages are reused.

        A scenario never sees what another left in a cache: the HTTP cache and the preflight cache go by the whole URL,
        and its query contains the run. Cookies are cleared.
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
    """The end state of a scenario, in the terms of `expect`, and the traffic to show if it fails."""
    run = f"{lane.name}-{next(NUMBERS)}"
    lane.enter(scenario.group)
    add_cookies(lane.context, scenario)
    results = run_steps(lane, scenario, run)
    seen = lane.envoy.requests(run)
    reached = lane.backend.records.of(run)
    state = reported(results, scenario.expect)
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
    """A navigation, which sends no Origin."""
    page = lane.context.new_page()
    page.goto(urllib.parse.urljoin(scenario.base, path) + ("&" if "?" in path else "?") + "run=" + run)
    page.close()


def add_cookies(context, scenario):
    for name, value in scenario.cookies.items():
        # Without SameSite=None, no request from another site would carry the cookie, whatever CORS says.
        cookie = {"name": name, "value": value, "url": scenario.base, "sameSite": "None", "secure": True}
        context.add_cookies([cookie])


def reported(results, expect):
    """What the page reported: a single value for one action, a list for several."""
    state = {}
    for key in REPORTED:
        values = [result.get(key) for result in results]
        state[key] = values[0] if len(values) == 1 else values
    if "headers" in expect:
        # The listed headers as the page sees them; null means that it cannot see the header.
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
    """The requests that a scenario expects: a list, or a count of each; with "any", whatever was seen."""
    if expected == "any":
        return state["backend"]
    if isinstance(expected, dict):
        return sorted(request for request, times in expected.items() for _ in range(times))
    return sorted(expected)


def differences(scenario, state):
    """Each difference from the expectation, as text; a scenario without any has passed."""
    expect = {**scenario.expect, "backend": requests(scenario.expect["backend"], state)}
    return [
        f"{key}: expected {json.dumps(value)}, got {json.dumps(state.get(key))}"
        for key, value in expect.items() if state.get(key) != value
    ]


def explain(scenario, lane, found, traffic):
    """The report of a failure: what differs, what the scenario does, and everything that was seen."""
    lines = [f"{scenario.id} ({scenario.group}) by {lane.name}:", *(f"  {line}" for line in found), ""]
    lines.append(f"a page at {scenario.page} does, at {scenario.base}:")
    lines += [f"  {json.dumps(step)}" for step in scenario.steps]
    for place, entries in traffic.items():
        lines += ["", f"{place}:", *(f"  {json.dumps(entry)[:600]}" for entry in entries)]
    return "\n".join(lines)

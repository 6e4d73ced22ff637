// The list of scenarios: a section for each group, a row for each scenario.

import { curlOf, decidingKeys, outcomeChip, planOf, preflightWord, resultOf } from "./details.js";
import { h, icon } from "./dom.js";
import { requestOf } from "./run.js";

const STATES = {
  idle: { icon: "circle", word: "not run yet" },
  waiting: { icon: "circle", word: "waiting" },
  running: { icon: "half", word: "running" },
  passed: { icon: "check", word: "as expected" },
  failed: { icon: "cross", word: "not as expected" },
};

/** A row. `actions`: `run(scenarios)`, `mark(title, name, keys)`; `context()`: places, api, policy. */
export class Row {
  #results = [];

  constructor(scenario, actions, context) {
    Object.assign(this, { scenario, actions, context });
    const step = scenario.steps.at(-1);
    const request = requestOf(step, "");
    const from = step.from ? ` from ${context().places[step.from].name}` : "";
    const id = `details-${scenario.id}`;
    this.state = h("span", { class: "state" });
    this.preflight = h("span", { class: "preflight" });
    this.outcome = h("span", { class: "outcome" });
    this.details = h("div", { class: "details", id, hidden: true });
    this.opener = h(
      "button",
      { type: "button", class: "opener", "aria-expanded": "false", "aria-controls": id },
      h("span", { class: "title" }, h("span", {}, scenario.title), icon("chevron")),
      h("span", { class: "line" }, h("b", {}, request.method), ` ${request.url}${from}`),
    );
    this.runner = h("button", { type: "button", class: "small", "aria-label": `Run: ${scenario.title}` }, "Run");
    this.opener.addEventListener("click", () => this.toggle());
    this.runner.addEventListener("click", () => this.#runAlone());
    this.element = h(
      "li",
      { class: "scenario", id: scenario.id },
      h(
        "div",
        { class: "head" },
        this.state,
        this.opener,
        h("span", { class: "result" }, this.preflight, this.outcome),
        this.runner,
      ),
      this.details,
    );
    this.setState("idle");
    this.#fillDetails();
  }

  toggle(open = this.details.hidden) {
    this.details.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    if (open) this.#mark();
  }

  setState(state) {
    const { icon: name, word } = STATES[state];
    this.element.dataset.state = state;
    this.state.title = word;
    this.state.replaceChildren(icon(name), h("span", { class: "unseen" }, word));
  }

  showResults(results, found) {
    this.#results = results;
    const last = results.at(-1);
    this.setState(found.every((differences) => differences.length === 0) ? "passed" : "failed");
    if (last) this.element.dataset.outcome = last.answer.outcome;
    this.outcome.replaceChildren(last ? outcomeChip(last) : "");
    this.preflight.textContent = last ? preflightWord(last) : "";
    this.#fillDetails(found);
    if (!this.details.hidden) this.#mark();
  }

  async #runAlone() {
    await this.actions.run([this.scenario]);
    this.toggle(true);
  }

  #fillDetails(found = []) {
    const { places, api, policy } = this.context();
    const { about, steps } = this.scenario;
    const parts = steps.map((step, at) => {
      const result = this.#results[at];
      const place = places[step.from ?? "page"];
      const request = result?.request ?? requestOf(step, api);
      return h(
        "section",
        { class: "step" },
        steps.length > 1 && h("h4", {}, `Request ${at + 1} of ${steps.length}`),
        result ? resultOf(result, { policy, watched: this.#watched(at), found: found[at] }) : planOf(request, place),
        curlOf(request, place),
      );
    });
    const lost = this.#results.length === 0 ? found.flat().map((text) => h("p", { class: "difference" }, text)) : [];
    this.details.replaceChildren(h("p", { class: "about" }, about), ...lost, ...parts);
  }

  /** The headers that a step is about. */
  #watched(at) {
    return Object.keys(this.scenario.steps[at].expect?.headers ?? {});
  }

  #mark() {
    const last = this.#results.length - 1;
    if (last < 0) return;
    const { policy } = this.context();
    const { name, keys } = decidingKeys(this.#results[last], policy, this.#watched(last));
    this.actions.mark(this.scenario.title, name, keys);
  }
}

/** A group with its rows. */
export class Group {
  constructor({ name, about, scenarios }, actions, context) {
    Object.assign(this, { name, scenarios });
    this.rows = scenarios.map((scenario) => new Row(scenario, actions, context));
    const id = `group-${name.toLowerCase().replaceAll(" ", "-")}`;
    this.count = h("span", { class: "count" });
    this.runner = h("button", { type: "button", class: "small", "aria-label": `Run the group ${name}` }, "Run group");
    this.runner.addEventListener("click", () => actions.run(scenarios));
    this.element = h(
      "section",
      { class: "group", "aria-labelledby": id },
      h("header", {}, h("h3", { id }, name), this.count, h("p", {}, about), this.runner),
      h(
        "ol",
        {},
        this.rows.map((row) => row.element),
      ),
    );
  }

  showScore({ all, run, passed }) {
    this.element.dataset.state = run < all ? "open" : passed === all ? "passed" : "failed";
    this.count.textContent = run === 0 ? `${all}` : `${passed} of ${all} as expected`;
  }
}

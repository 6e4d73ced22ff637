// Puts the page together.

import { Bench } from "./bench.js";
import { showCounters } from "./counters.js";
import { wireForm } from "./form.js";
import { placesOf } from "./places.js";
import { Policy, readPolicy, showPolicy } from "./policy.js";
import { GROUPS } from "./scenarios.js";
import { Group } from "./view.js";

const root = document.documentElement;
const find = (id) => document.getElementById(id);
const origins = await (await fetch("/origins.json")).json();
const isAllowed = location.origin === origins.allowed;
const places = placesOf(origins);
const scenarios = GROUPS.flatMap((group) => group.scenarios);
let policy;
let mark = () => {};

root.dataset.side = isAllowed ? "allowed" : "unnamed";
find("page-origin").textContent = location.origin;
find("api-origin").textContent = origins.api;
find("side").textContent = isAllowed ? "allowed by the policy" : "refused by the policy";
find("other-side").href = isAllowed ? origins.unnamed : origins.allowed;
find("other-side").textContent = isAllowed ? "Open the lab from a refused origin" : "Open the lab from an allowed origin";

const context = () => ({ places, api: origins.api, policy });
const refresh = showCounters(find("counters"), find("counters-state"));
const actions = {
  run: (list) => {
    for (const { id } of list) rows.get(id).setState("waiting");
    return bench.run(list);
  },
  mark: (...what) => mark(...what),
  counted: refresh,
};

try {
  policy = new Policy(await readPolicy());
  mark = showPolicy(policy, find("policy"), find("policy-caption"));
} catch (error) {
  find("policy-caption").textContent = `The policy cannot be read: ${error.message}`;
}

const groups = GROUPS.map((group) => new Group(group, actions, context));
const rows = new Map(groups.flatMap((group) => group.rows).map((row) => [row.scenario.id, row]));
find("groups").replaceChildren(...groups.map((group) => group.element));

const bench = new Bench({
  groups: GROUPS,
  places,
  api: origins.api,
  isAllowed,
  on: {
    started: ({ id }) => rows.get(id).setState("running"),
    ended: (scenario, results, found) => {
      rows.get(scenario.id).showResults(results, found);
      announce(scenario);
      refresh();
    },
    changed: showScore,
  },
});

function showScore() {
  for (const group of groups) group.showScore(bench.score(group.scenarios));
  const { all, run, passed } = bench.score(scenarios);
  find("progress").max = all;
  find("progress").value = run;
  const failed = run > passed ? `, ${run - passed} not` : "";
  find("score").textContent = run === 0 ? `${all} scenarios` : `${run} of ${all} run, ${passed} as expected${failed}`;
  root.dataset.lab = bench.isRunning ? "running" : run === all ? "done" : "idle";
  root.dataset.failed = String(run - passed);
  find("run-all").setAttribute("aria-disabled", String(bench.isRunning));
}

/** Tells of each group that is complete, not of each scenario: a screen reader must keep up. */
function announce({ id }) {
  const group = groups.find(({ scenarios: own }) => own.some((scenario) => scenario.id === id));
  const { all, run, passed } = bench.score(group.scenarios);
  if (run === all) find("announcement").textContent = `${group.name}: ${passed} of ${all} as expected`;
}

find("run-all").addEventListener("click", () => bench.isRunning || actions.run(scenarios));
wireForm(find("own"), find("own-hint"), find("own-result"), actions, context);
showScore();
root.dataset.ready = "true";

// The counters of the filter: read from Envoy, compared, shown live.

import { h } from "./dom.js";

const LINE = /^wasmcustom\.envoy_cors_requests_total\.policy=([a-z0-9_-]+)\.kind=(\w+)\.outcome=(\w+): (\d+)$/;
const KINDS = ["preflight", "request"];
/** Shown also where they are zero; others when they are counted. `false`: cannot be counted for a request. */
const OUTCOMES = { allowed: true, origin_refused: true, method_refused: false, headers_refused: false };
const PERIOD_MS = 1000;

/** All counters that are not zero, by "policy/kind/outcome". */
export async function readCounters() {
  const response = await fetch("/live/counters", { cache: "no-store" });
  if (!response.ok) throw new Error(`the counters: status ${response.status}`);
  const matches = (await response.text()).split("\n").map((line) => LINE.exec(line));
  return new Map(
    matches.filter(Boolean).map(([, policy, kind, outcome, count]) => [`${policy}/${kind}/${outcome}`, Number(count)]),
  );
}

/** What was counted between two readings. */
export function countedBetween(before, after) {
  const counted = [];
  for (const [key, count] of after) {
    const more = count - (before.get(key) ?? 0);
    const [policy, kind, outcome] = key.split("/");
    if (more > 0) counted.push({ policy, kind, outcome, count: more });
  }
  return counted;
}

/** Shows the counters and keeps them fresh while the page is seen. Returns what refreshes them at once. */
export function showCounters(body, state) {
  let shown = new Map();
  let timer;

  async function refresh() {
    clearTimeout(timer);
    try {
      const counters = await readCounters();
      body.replaceChildren(...rows(counters, shown));
      shown = counters;
      setState("live", "live");
    } catch {
      setState("lost", "Envoy does not answer");
    }
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(refresh, PERIOD_MS);
  }

  function setState(name, text) {
    state.dataset.state = name;
    if (state.textContent !== text) state.textContent = text;
  }

  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  refresh();
  return refresh;
}

function rows(counters, shown) {
  const seen = [...counters.keys()].map((key) => key.split("/"));
  const policies = [...new Set(seen.map(([policy]) => policy))].sort();
  const outcomes = [...new Set([...Object.keys(OUTCOMES), ...seen.map(([, , outcome]) => outcome).sort()])];
  return (policies.length ? policies : ["default"])
    .flatMap((policy) => [
      policies.length > 1 &&
        h("tr", { class: "policy-name" }, h("th", { colspan: 3, scope: "rowgroup" }, `policy ${policy}`)),
      ...outcomes.map((outcome) => row(policy, outcome, counters, shown)),
    ])
    .filter(Boolean);
}

function row(policy, outcome, counters, shown) {
  const cells = KINDS.map((kind) => {
    if (kind === "request" && OUTCOMES[outcome] === false) return h("td", { class: "never" }, "–");
    const key = `${policy}/${kind}/${outcome}`;
    const count = counters.get(key) ?? 0;
    const changed = shown.size > 0 && count !== (shown.get(key) ?? 0);
    return h("td", { "data-counter": key, "data-changed": changed, class: count ? undefined : "zero" }, String(count));
  });
  return h("tr", {}, h("th", { scope: "row" }, outcome), cells);
}

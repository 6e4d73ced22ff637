// Runs one request and finds out what became of it. Whether the browser preflighted, and what the filter decided, no
// page can see; the counters of the filter, read before and after, tell.

import { countedBetween, readCounters } from "./counters.js";
import { preflightCauses } from "./rules.js";

/** How often a request is repeated when others moved the counters meanwhile. */
const ATTEMPTS = 3;

/** Sends a request from a place; `request` as in scenarios.js, with its whole URL. */
export async function runRequest(request, place) {
  const before = await readCounters();
  const answer = await place.send(request);
  const counted = countedBetween(before, await readCounters());
  const total = (kind) => counted.filter((one) => one.kind === kind).reduce((sum, { count }) => sum + count, 0);
  const causes = preflightCauses(request);
  const refusal = counted.find(({ kind, outcome }) => kind === "preflight" && outcome !== "allowed");
  const arrived = total("request") > 0;
  return {
    request,
    place,
    answer,
    causes,
    preflight: total("preflight") > 0 ? "sent" : causes.length > 0 && arrived ? "cached" : "none",
    decision: refusal ?? counted.find(({ kind }) => kind === "request"),
    // Without a preflight that forbids it and without being counted, a request never left the browser.
    stored: request.mode === "cors" && !refusal && !arrived && total("preflight") === 0,
    disturbed: total("preflight") > 1 || total("request") > 1,
  };
}

/** Runs the steps of a scenario, one after the other. */
export async function runScenario(scenario, places, api) {
  for (let attempt = 1; ; attempt += 1) {
    // A query of its own, so that neither cache of the browser knows the URL.
    const tag = Math.random().toString(36).slice(2, 6);
    const results = [];
    for (const step of scenario.steps) {
      results.push(await runRequest(requestOf(step, api, tag), places[step.from ?? "page"]));
    }
    if (attempt === ATTEMPTS || !results.some(({ disturbed }) => disturbed)) return results;
  }
}

/** The request of a step, with what the step leaves out. */
export function requestOf(
  { method = "GET", path, headers = {}, credentials = "same-origin", mode = "cors", body },
  api,
  tag,
) {
  return { method, url: `${api}${path}${tag ? `?run=${tag}` : ""}`, headers, credentials, mode, body };
}

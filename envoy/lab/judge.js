// Whether a result is what was expected, and how it differs.

import { preflightCauses } from "./rules.js";
import { requestOf } from "./run.js";

/** What is expected of a step: where the policy does not name the page, a refusal of its origin. */
export function expectationOf(step, isAllowed) {
  const expect = { preflight: "none", stored: false, ...step.expect };
  if (isAllowed || expect.outcome === "opaque") {
    return { status: 200, headers: {}, outcome: expect.refusal ? "refused" : "readable", ...expect };
  }
  const preflight = preflightCauses(requestOf(step, "")).length > 0 ? "sent" : "none";
  return { outcome: "refused", refusal: "origin_refused", preflight, stored: expect.stored };
}

/** The differences between what came and what was expected, in words. */
export function differences(result, expect) {
  const { answer, decision } = result;
  const found = [];
  const compare = (what, is, should) => {
    if (is !== should) found.push(`${what}: ${is ?? "none"}, expected ${should ?? "none"}`);
  };
  compare("outcome", answer.outcome, expect.outcome);
  compare("preflight", result.preflight, expect.preflight);
  if (expect.outcome === "opaque") return found;
  // Whether an answer that was refused is kept as well, browsers may choose.
  if (expect.stored && expect.refusal) return found;
  compare("from the browser’s cache", yesOrNo(result.stored), yesOrNo(expect.stored));
  if (expect.refusal) compare("reason", decision?.outcome, expect.refusal);
  if (expect.outcome === "readable" && answer.outcome === "readable") {
    compare("status", answer.status, expect.status);
    const headers = new Map(answer.headers);
    for (const [name, value] of Object.entries(expect.headers)) compare(name, headers.get(name) ?? null, value);
  }
  return found;
}

function yesOrNo(value) {
  return value ? "yes" : "no";
}

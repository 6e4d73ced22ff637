// What became of the request, as the page shows it.

import { listed } from "./details.js";
import { headerDiff } from "./diff.js";
import { h, icon } from "./dom.js";
import { plain } from "./messages.js";
import { reasonOfDecision } from "./reasons.js";

const MARKS = { kept: ["\u00a0", "kept"], removed: ["−", "removed"], added: ["+", "added"] };

/** In a sentence: whether the page can read the response. */
export function verdictOf({ failure, isSameOrigin, redirect }) {
  if (failure) return `Blocked by the browser. ${failure}`;
  if (redirect) return `The browser follows the redirect to ${redirect}, with a new check there.`;
  return isSameOrigin
    ? "The page can read the response: it comes from the page’s own origin, so CORS plays no part."
    : "The page can read the response.";
}

/** The whole story: the verdict, the preflight, the request, the module's log. */
export function showOutcome(result, policy) {
  const { failure, preflight, actual, request } = result;
  const outcome = failure ? "refused" : "readable";
  return [
    h(
      "p",
      { class: "verdict panel", "data-outcome": outcome },
      icon(failure ? "barred" : "check"),
      h("strong", {}, verdictOf(result)),
    ),
    card("Preflight", preflight, [
      fact("Why", h("p", {}, whyPreflight(result))),
      ...(preflight ? facts(preflight, request, policy) : []),
    ]),
    card(request.method, actual, actual ? actualFacts(result, policy) : [fact("Sent", h("p", {}, notSent(result)))]),
    logOf([preflight, actual]),
  ];
}

function card(title, hop, rows) {
  const state = !hop ? "none" : hop.failure ? "refused" : "readable";
  const word = !hop ? (title === "Preflight" ? "not needed" : "not sent") : hop.failure ? "fails" : "passes";
  return h(
    "section",
    { class: "panel step-card", "data-step": title === "Preflight" ? "preflight" : "request" },
    h("header", {}, h("h3", {}, title), chip(state, word)),
    h("dl", { class: "facts" }, ...rows),
  );
}

function chip(state, word) {
  const name = { readable: "check", refused: "barred", none: "dots" }[state];
  return h("span", { class: "chip", "data-outcome": state }, icon(name), word);
}

function fact(term, ...description) {
  return h("div", {}, h("dt", {}, term), h("dd", {}, ...description));
}

function whyPreflight({ causes, isSameOrigin, preflight, failure }) {
  if (preflight) return `The browser asks first because of ${listed(causes)}.`;
  if (isSameOrigin) return "The page asks its own server.";
  return failure ? "The browser sends nothing." : "This is a simple request: the browser does not ask first.";
}

function notSent({ preflight }) {
  return preflight ? "The preflight failed, so the request never leaves the browser." : "The browser sends nothing.";
}

function facts(hop, request, policy) {
  const { text } = reasonOfDecision(hop, request, policy);
  return [
    fact("Sent", sent(hop.sent)),
    fact(
      "Decision",
      hop.decision && h("p", {}, h("code", { class: "decision" }, Object.values(hop.decision).join("; "))),
      h("p", {}, text),
    ),
    fact("Response", h("p", {}, answeredBy(hop)), headers(hop)),
    fact("Browser", h("p", { class: "check" }, hop.failure ?? "All checks pass.")),
  ];
}

function actualFacts(result, policy) {
  const { actual, request, readable, dropped, redirect, failure } = result;
  const rows = facts(actual, request, policy);
  if (dropped.length > 0) {
    rows.splice(
      1,
      0,
      fact("Left out", h("p", {}, `${listed(dropped)}: only the browser itself sets ${them(dropped)}.`)),
    );
  }
  if (!failure && !redirect) rows.push(fact("Page reads", ...pageReads(actual, readable)));
  return rows;
}

function pageReads({ status, received }, readable) {
  const seen = readable.map(([name]) => name);
  const names = new Set(received.map(([name]) => name.toLowerCase()));
  const hidden = [...names].filter((name) => !seen.includes(name) && !name.startsWith("access-control-"));
  return [
    h("p", {}, `The status ${status}, the body ${seen.length > 0 ? "and these headers:" : "and no header."}`),
    seen.length > 0 && h("pre", {}, ...readable.flatMap(line)),
    hidden.length > 0 && h("p", { class: "note" }, `Hidden from the page: ${listed(hidden)}.`),
  ];
}

function them(names) {
  return names.length > 1 ? "them" : "it";
}

function sent(headers) {
  const get = (name) => headers.find(([own]) => own === name)[1];
  const url = `${get(":scheme")}://${get(":authority")}${get(":path")}`;
  const fields = headers.filter(([name]) => !name.startsWith(":"));
  return h("pre", {}, h("b", {}, get(":method")), ` ${url}\n`, ...fields.flatMap(line));
}

function line([name, value]) {
  return [h("span", { class: "key" }, `${name}: `), `${value}\n`];
}

function answeredBy({ isAnswered, status, before, received }) {
  if (isAnswered) return `${status}, from the filter; the service sees nothing.`;
  const isChanged = headerDiff(before, received).some(({ state }) => state !== "kept");
  return isChanged
    ? `${status}, from the service. What the filter changes:`
    : `${status}, from the service. The filter changes nothing.`;
}

/** The headers of a response: of the filter's own as they are, of the service's with what the filter changed. */
function headers({ isAnswered, before, received }) {
  if (isAnswered) return h("pre", {}, ...received.flatMap(line));
  const lines = headerDiff(before, received);
  if (lines.length === 0) return h("p", { class: "note" }, "There are no headers.");
  return h(
    "ul",
    { class: "diff", "aria-label": "Headers before and after the filter" },
    ...lines.map(({ name, value, state }) => {
      const [mark, word] = MARKS[state];
      return h(
        "li",
        { "data-state": state },
        h("span", { "aria-hidden": "true" }, mark),
        h("span", { class: "unseen" }, `${word}: `),
        h("code", {}, h("span", { class: "key" }, `${name}: `), value),
      );
    }),
  );
}

function logOf(hops) {
  const lines = hops.filter(Boolean).flatMap(({ log }) => log);
  if (lines.length === 0) return "";
  return h(
    "details",
    { class: "curl" },
    h("summary", {}, "What the module logs at level debug"),
    h("pre", {}, lines.map((entry) => plain(entry)).join("\n")),
  );
}

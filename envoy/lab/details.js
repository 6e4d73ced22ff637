// What became of one request, at length.

import { h, icon } from "./dom.js";
import { numbers } from "./policy.js";
import { reasonOf } from "./reasons.js";
import { askedHeaders, preflightCauses } from "./rules.js";

const OUTCOMES = {
  readable: { icon: "check", word: "readable" },
  refused: { icon: "barred", word: "refused" },
  opaque: { icon: "dots", word: "opaque" },
};
const REFUSALS = { origin_refused: "origin", method_refused: "method", headers_refused: "header" };

/** The outcome in a word or two. */
export function outcomeChip({ answer, decision }) {
  const { icon: name, word } = OUTCOMES[answer.outcome];
  const what = answer.outcome === "refused" ? (REFUSALS[decision?.outcome] ?? "") : (answer.status ?? "");
  return h("span", { class: "chip", "data-outcome": answer.outcome }, icon(name), `${what} ${word}`.trim());
}

/** What happened before the request, in a word or two. */
export function preflightWord({ preflight, stored }) {
  if (stored) return "from cache";
  return { sent: "preflight sent", cached: "preflight from cache", none: "no preflight" }[preflight];
}

/** The whole story: sent, preflight, answer, what the page reads, why. */
export function resultOf(result, { policy, watched = [], found = [] }) {
  const { text, keys } = reasonOf(result, policy, watched);
  return h(
    "dl",
    { class: "facts" },
    fact("Request", ...sent(result.request, result.place)),
    fact("Preflight", ...[preflight(result)].flat()),
    fact("Response", cameBack(result)),
    fact("Page reads", ...pageReads(result, watched)),
    fact("Why", h("p", {}, text), decidingLines(policy, result.decision?.policy ?? "default", keys)),
    found.length > 0 && fact("Unexpected", ...found.map((difference) => h("p", { class: "difference" }, difference))),
  );
}

/** What is going to be sent. */
export function planOf(request, place) {
  return h(
    "dl",
    { class: "facts" },
    fact("Request", ...sent(request, place)),
    fact("Preflight", plannedPreflight(request)),
  );
}

function fact(term, ...description) {
  return h("div", {}, h("dt", {}, term), h("dd", {}, ...description));
}

function sent({ method, url, headers, credentials, mode, body }, place) {
  const lines = [
    [method, url],
    ...Object.entries({ ...(hasOrigin(method, mode) && { origin: place.origin }), ...headers }),
  ];
  return [
    h(
      "pre",
      {},
      ...lines.flatMap(([name, value], at) => [
        h("span", { class: "key" }, at ? `${name}: ` : `${name} `),
        `${value}\n`,
      ]),
      body === undefined ? "" : `\n${body}`,
    ),
    h("p", { class: "note" }, `from ${place.name}, mode ${mode}, credentials ${credentials}`),
  ];
}

function hasOrigin(method, mode) {
  return mode === "cors" || !["GET", "HEAD"].includes(method);
}

function plannedPreflight(request) {
  const causes = preflightCauses(request);
  return h("p", {}, causes.length ? `The browser asks first, because of ${listed(causes)}.` : "None needed.");
}

function preflight({ preflight: state, causes, request, decision, stored }) {
  if (stored && causes.length === 0)
    return h("p", {}, "None, and no request either: the response came from the browser’s cache.");
  if (state === "none") return h("p", {}, "None needed.");
  if (state === "cached")
    return h("p", {}, `Needed because of ${listed(causes)}, but its result was still in the browser’s cache.`);
  const asked = askedHeaders(request.headers);
  const outcome = decision?.kind === "preflight" ? decision.outcome : "allowed";
  return [
    h("p", {}, `Sent${causes.length ? `, because of ${listed(causes)}` : ""}. The filter counted it as ${outcome}.`),
    h(
      "pre",
      {},
      h("span", { class: "key" }, "OPTIONS "),
      `${request.url}\n`,
      h("span", { class: "key" }, "access-control-request-method: "),
      `${request.method}\n`,
      asked.length > 0 && h("span", { class: "key" }, "access-control-request-headers: "),
      asked.join(","),
    ),
  ];
}

function cameBack({ answer, decision, stored, request }) {
  if (answer.outcome === "readable") {
    const told = answer.headers.find(([name]) => name === "x-cors-decision")?.[1];
    return h(
      "p",
      {},
      h("strong", {}, `${answer.status} ${answer.statusText}`),
      told ? ", with the decision " : "",
      told ? h("code", {}, told) : "",
    );
  }
  if (answer.outcome === "opaque") return h("p", {}, "A response that the browser keeps opaque.");
  if (decision?.kind === "preflight") {
    return h(
      "p",
      {},
      `A response to the preflight that does not allow the request. The ${request.method} was never sent.`,
    );
  }
  if (decision) return h("p", {}, "The API’s response without CORS headers: the browser hides it from the page.");
  return h("p", {}, stored ? "Nothing from Envoy." : "Nothing.");
}

function pageReads({ answer }, watched) {
  if (answer.outcome === "opaque") return [h("p", {}, "No status, no headers, no body.")];
  if (answer.outcome === "refused") return [h("p", {}, "Only ", h("code", {}, answer.error))];
  return [
    h(
      "pre",
      {},
      ...answer.headers.flatMap(([name, value]) => [h("span", { class: "key" }, `${name}: `), `${value}\n`]),
      answer.body ? `\n${answer.body}` : "",
    ),
    answer.body ? undefined : h("p", { class: "note" }, "The body is empty."),
    ...watched
      .filter((name) => !answer.headers.some(([own]) => own === name))
      .map((name) => h("p", { class: "note" }, "Not ", h("code", {}, name), ", although the response has it.")),
  ];
}

function decidingLines(policy, name, keys) {
  if (!policy || keys.length === 0) return undefined;
  const lines = keys.flatMap((key) => numbers(policy.linesOf(name, key)));
  const missing = keys.filter((key) => !policy.linesOf(name, key));
  return h(
    "pre",
    { class: "deciding" },
    ...[...new Set(lines)]
      .sort((a, b) => a - b)
      .map((line) => h("span", { class: "line", "data-line": line + 1 }, `${policy.lines[line].trim()}\n`)),
    ...missing.map((key) => h("span", { class: "line", "data-line": "–" }, `the policy has no ${key}\n`)),
  );
}

/** The same requests for a terminal: the preflight where there is one, and the request. */
export function curlOf({ method, url, headers, mode, body }, place) {
  const origin = hasOrigin(method, mode) ? ` -H 'Origin: ${place.origin}'` : "";
  const lines = [];
  if (preflightCauses({ method, headers, mode }).length > 0) {
    const asked = askedHeaders(headers);
    const names = asked.length ? ` -H 'Access-Control-Request-Headers: ${asked.join(",")}'` : "";
    lines.push(`curl -si -X OPTIONS ${quoted(url)}${origin} -H 'Access-Control-Request-Method: ${method}'${names}`);
  }
  const verb = method === "HEAD" ? " -I" : method === "GET" ? "" : ` -X ${method}`;
  const own = Object.entries(headers)
    .map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`)
    .join("");
  const data = body === undefined ? "" : ` --data-binary ${quoted(body)}`;
  lines.push(`curl -si${verb} ${quoted(url)}${origin}${own}${data}`);
  return h("details", { class: "curl" }, h("summary", {}, "The same with curl"), h("pre", {}, lines.join("\n")));
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Words as a list: a, b and c. */
export function listed(words) {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0];
}

/** The keys that decide a result, and the policy they stand in, for the policy panel. */
export function decidingKeys(result, policy, watched = []) {
  return { name: result.decision?.policy ?? "default", keys: reasonOf(result, policy, watched).keys };
}

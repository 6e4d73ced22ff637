// Why a request ended as it did, in a sentence, and the keys of the policy that decide it.

import { askedHeaders, isAlwaysReadable, isSafeMethod } from "./rules.js";

/** `watched`: the names of the headers that the answer has and that it is about, readable or not. */
export function reasonOf(result, policy, watched = []) {
  if (result.answer.outcome === "opaque") return opaque();
  if (result.answer.outcome === "readable") return readable(result, watched);
  return refused(result, policy);
}

function opaque() {
  return {
    text: "With mode: no-cors nothing is readable. The request has no Origin, so the filter has nothing to decide.",
    keys: [],
  };
}

function readable({ request, place, preflight, stored, answer }, watched) {
  const keys = ["allow_origins"];
  const also = [];
  if (preflight !== "none") {
    if (!isSafeMethod(request.method)) {
      keys.push("allow_methods");
      also.push(`allow_methods lists ${request.method}`);
    }
    const names = askedHeaders(request.headers);
    if (names.length > 0) {
      keys.push("allow_headers");
      also.push(`allow_headers lists ${names.join(", ")}`);
    }
  }
  if (request.credentials === "include") {
    keys.push("allow_credentials");
    also.push("allow_credentials is true");
  }
  if (preflight === "cached") {
    keys.push("max_age");
    also.push("the browser still has the preflight’s result");
  }
  for (const name of watched.filter((name) => !isAlwaysReadable(name))) {
    if (!keys.includes("expose_headers")) keys.push("expose_headers");
    also.push(exposure(name, answer));
  }
  const first = stored
    ? "The browser had the response to an earlier request from this origin"
    : `allow_origins covers ${place.origin}`;
  return { text: `${[first, ...also].join("; ")}.`, keys };
}

function exposure(name, answer) {
  if (name === "set-cookie") return "no page can ever read set-cookie, whatever the policy lists";
  const seen = answer.headers.some(([own]) => own === name);
  return `expose_headers ${seen ? "lists" : "does not list"} ${name}`;
}

function refused({ request, place, decision, answer }, policy) {
  if (!decision) {
    const text = `Nothing was counted: the browser used a stored response or did not send the request (${answer.error}).`;
    return { text, keys: [] };
  }
  if (decision.outcome !== "allowed") return refusalOf(decision, place.origin, request, policy);
  return request.credentials === "include"
    ? { text: "The origin is allowed, but not with credentials.", keys: ["allow_origins", "allow_credentials"] }
    : { text: `The policy allows it, but the request failed (${answer.error}).`, keys: ["allow_origins"] };
}

/** Why the filter refuses, by the outcome that it counts. */
export function refusalOf({ policy: name, outcome }, origin, request, policy) {
  switch (outcome) {
    case "origin_refused":
      return { text: `No rule in allow_origins covers ${origin}.`, keys: ["allow_origins"] };
    case "origin_malformed":
      return { text: `${origin} is not an origin that a browser sends.`, keys: ["allow_origins"] };
    case "same_origin":
      return {
        text: `No rule in allow_origins covers ${origin}, but it is the server’s own origin, which needs no permission.`,
        keys: ["allow_origins"],
      };
    case "method_refused":
      return { text: `allow_methods does not list ${request.method}.`, keys: ["allow_methods"] };
    case "headers_refused": {
      const allowed = (policy?.get(name, "allow_headers") ?? []).map((header) => header.toLowerCase());
      const missing = askedHeaders(request.headers).filter((header) => !allowed.includes(header));
      return { text: `allow_headers does not list ${missing.join(", ")}.`, keys: ["allow_headers"] };
    }
    case "path_ambiguous":
      return {
        text: "The path can be read in two ways, and the policies match on paths: nothing is allowed.",
        keys: [],
      };
    default:
      return { text: `The filter decided ${outcome}.`, keys: [] };
  }
}

/** Why the filter decided as it did on one request of a browser, a preflight or not, and the keys that decide it. */
export function reasonOfDecision({ sent, decision }, request, policy) {
  if (!decision) {
    const hasOrigin = sent.some(([name]) => name === "origin");
    const text = hasOrigin
      ? "No policy covers this request: the filter leaves it alone in both directions."
      : "The request has no Origin: there is nothing to decide.";
    return { text, keys: [] };
  }
  const { text, keys } =
    decision.outcome === "allowed" ? grantOf(decision, request) : refusalOf(decision, request.origin, request, policy);
  const isReported = policy?.get(decision.policy, "report_only") === true;
  return isReported
    ? { text: `${text} The policy has report_only: the decision is counted, but nothing is changed.`, keys }
    : { text, keys };
}

function grantOf({ kind }, { origin, method, headers, credentials }) {
  const keys = ["allow_origins"];
  const granted = [`allow_origins covers ${origin}`];
  if (kind === "preflight" && !isSafeMethod(method)) {
    keys.push("allow_methods");
    granted.push(`allow_methods covers ${method}`);
  }
  const names = kind === "preflight" ? askedHeaders(headers) : [];
  if (names.length > 0) {
    keys.push("allow_headers");
    granted.push(`allow_headers covers ${names.join(", ")}`);
  }
  if (credentials === "include") keys.push("allow_credentials");
  return { text: `${granted.join("; ")}.`, keys };
}

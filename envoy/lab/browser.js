// What a browser does with a request of a page: Fetch's steps, with the module in place of the network.
// https://fetch.spec.whatwg.org/#http-cors-protocol

import { askedHeaders, isAlwaysReadable, isForbiddenHeader, isSafeMethod, preflightCauses } from "./rules.js";

const REDIRECTS = [301, 302, 303, 307, 308];
/** Schemes whose pages have the origin `null`. */
const OPAQUE_SCHEMES = ["about:", "blob:", "data:", "file:", "javascript:"];

/** The origin of a page as a browser sends it; `page` is an address, an origin or `null`. */
export function originOf(page) {
  if (page === "null") return page;
  const url = parse(page);
  if (!url) throw new Error(`“${page}” is not an origin: write one such as https://app.example.com.`);
  if (url.origin !== "null" || OPAQUE_SCHEMES.includes(url.protocol)) return url.origin;
  return `${url.protocol}//${url.host}`;
}

/** The address of a request. */
export function addressOf(text) {
  const url = parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new Error(`“${text}” is not an address: write one such as https://api.example.com/orders.`);
  }
  if (url.username || url.password) throw new Error("Browsers refuse an address with a user name or a password.");
  url.hash = "";
  return url;
}

function parse(text) {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/**
 * Lets a page send a request: the preflight where one is needed, the request where the preflight allows it, and each
 * check of the browser. `exchange` takes a request and a response through the filter; `response` is the service's.
 */
export function send({ origin, method, url, headers, credentials, response }, exchange) {
  const sent = Object.fromEntries(Object.entries(headers).filter(([name]) => !isForbiddenHeader(name)));
  const request = { origin, method, url, headers: sent, credentials };
  const result = { request, dropped: Object.keys(headers).filter(isForbiddenHeader), causes: [] };
  if (isMixedContent(origin, url)) return { ...result, failure: "A page that came over https cannot load from http." };
  result.isSameOrigin = origin === url.origin;
  if (!result.isSameOrigin) result.causes = preflightCauses({ method, headers: sent });
  if (result.causes.length > 0) {
    result.preflight = hop(preflightOf(request), response, exchange);
    result.preflight.failure = preflightFailure(request, result.preflight);
    if (result.preflight.failure) return { ...result, failure: result.preflight.failure };
  }
  result.actual = hop(actualOf(request, result.isSameOrigin), response, exchange);
  if (!result.isSameOrigin) result.actual.failure = corsFailure(request, result.actual.received);
  if (result.actual.failure) return { ...result, failure: result.actual.failure };
  result.redirect = redirectOf(result.actual);
  result.readable = readableHeaders(request, result);
  return result;
}

function isMixedContent(origin, { protocol, hostname }) {
  const isLocal = hostname === "localhost" || hostname.endsWith(".localhost") || /^(127\.|\[::1\]$)/.test(hostname);
  return origin.startsWith("https:") && protocol === "http:" && !isLocal;
}

/** One request on its way through the filter to the service, or to the filter's own answer, and back. */
function hop(sent, response, exchange) {
  const { reply, response: received, counted, log } = exchange(sent, response);
  const [policy, kind, outcome] = counted[0]?.split("/") ?? [];
  const status = Number(received.find(([name]) => name === ":status")[1]);
  return {
    sent,
    isAnswered: reply !== undefined,
    decision: policy && { policy, kind, outcome },
    before: response.filter(isField),
    received: received.filter(isField),
    status,
    log,
  };
}

function isField([name]) {
  return !name.startsWith(":");
}

function pseudo(method, url) {
  return [
    [":method", method],
    [":path", url.pathname + url.search],
    [":authority", url.host],
    [":scheme", url.protocol.slice(0, -1)],
  ];
}

/** https://fetch.spec.whatwg.org/#cors-preflight-fetch: what it sends. */
function preflightOf({ origin, method, url, headers }) {
  const asked = askedHeaders(headers);
  return [
    ...pseudo("OPTIONS", url),
    ["origin", origin],
    ["access-control-request-method", method],
    ...(asked.length > 0 ? [["access-control-request-headers", asked.join(",")]] : []),
  ];
}

function actualOf({ origin, method, url, headers }, isSameOrigin) {
  const hasOrigin = !isSameOrigin || !["GET", "HEAD"].includes(method);
  return [...pseudo(method, url), ...(hasOrigin ? [["origin", origin]] : []), ...Object.entries(headers)];
}

/** https://fetch.spec.whatwg.org/#cors-check; undefined where it holds. */
function corsFailure({ origin, credentials }, received) {
  const allowed = get(received, "access-control-allow-origin");
  if (allowed === undefined) return "The response has no access-control-allow-origin.";
  const isIncluded = credentials === "include";
  if (allowed === "*" && !isIncluded) return undefined;
  if (allowed === "*") return "access-control-allow-origin is *, which does not cover requests with credentials.";
  if (allowed !== origin) return `access-control-allow-origin is “${allowed}”, not ${origin}.`;
  if (!isIncluded || get(received, "access-control-allow-credentials") === "true") return undefined;
  return "The request has credentials, and access-control-allow-credentials is not true.";
}

/** https://fetch.spec.whatwg.org/#cors-preflight-fetch: what it checks; undefined where all of it holds. */
function preflightFailure(request, { received, status }) {
  const failure = corsFailure(request, received);
  if (failure) return failure;
  if (status < 200 || status > 299) return `The status of a preflight’s response must be 200 to 299, not ${status}.`;
  const isIncluded = request.credentials === "include";
  const methods = list(received, "access-control-allow-methods");
  const names = list(received, "access-control-allow-headers").map((name) => name.toLowerCase());
  const anyOf = (values) => !isIncluded && values.includes("*");
  if (!methods.includes(request.method) && !isSafeMethod(request.method) && !anyOf(methods)) {
    return `access-control-allow-methods does not list ${request.method}.`;
  }
  const missing = askedHeaders(request.headers).find(
    // A * does not stand for authorization.
    (name) => !names.includes(name) && (name === "authorization" || !anyOf(names)),
  );
  return missing && `access-control-allow-headers does not list ${missing}.`;
}

/** Where the browser would go next. */
function redirectOf({ status, received }) {
  return REDIRECTS.includes(status) ? get(received, "location") : undefined;
}

/** What of the response a page reads: https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name */
function readableHeaders({ credentials }, { isSameOrigin, actual: { received } }) {
  const exposed = list(received, "access-control-expose-headers").map((name) => name.toLowerCase());
  const isAny = isSameOrigin || (credentials !== "include" && exposed.includes("*"));
  const names = new Set(received.map(([name]) => name.toLowerCase()));
  names.delete("set-cookie");
  return [...names]
    .filter((name) => isAny || isAlwaysReadable(name) || exposed.includes(name))
    .map((name) => [name, get(received, name)]);
}

/** All values of a header as a browser joins them. */
function get(headers, name) {
  const values = headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
  return values.length > 0 ? values.join(", ") : undefined;
}

function list(headers, name) {
  const values = get(headers, name)?.split(",") ?? [];
  return values.map((value) => value.trim()).filter((value) => value !== "");
}

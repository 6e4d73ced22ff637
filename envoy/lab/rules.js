// Why a browser asks before it sends: https://fetch.spec.whatwg.org/#cors-safelisted-request-header

const SAFE_METHODS = ["GET", "HEAD", "POST"];
const SAFE_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
const SAFE_HEADERS = ["accept", "accept-language", "content-language"];
const READABLE_HEADERS = [
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
  "pragma",
];

/** Whether any page may use this method without asking. */
export function isSafeMethod(method) {
  return SAFE_METHODS.includes(method);
}

/** The names of the headers for which a browser asks first, as it lists them: in lower case, sorted. */
export function askedHeaders(headers) {
  return Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value])
    .filter(([name, value]) => !isSafeHeader(name, value))
    .map(([name]) => name)
    .sort();
}

function isSafeHeader(name, value) {
  if (name === "content-type") return SAFE_TYPES.includes(value.split(";")[0].trim().toLowerCase());
  return SAFE_HEADERS.includes(name);
}

/** What makes a browser ask first, in words; nothing for a simple request. */
export function preflightCauses({ method, headers, mode }) {
  if (mode === "no-cors") return [];
  const causes = isSafeMethod(method) ? [] : [`the method ${method}`];
  for (const name of askedHeaders(headers)) {
    const type = Object.entries(headers).find(([own]) => own.toLowerCase() === "content-type")?.[1];
    causes.push(name === "content-type" ? `the content type ${type}` : `the header ${name}`);
  }
  return causes;
}

/** Whether a page may read this response header although nobody exposes it. */
export function isAlwaysReadable(name) {
  return READABLE_HEADERS.includes(name);
}

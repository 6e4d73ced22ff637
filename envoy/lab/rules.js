// What Fetch lets a page send without asking, and read without leave: https://fetch.spec.whatwg.org/#http-cors-protocol

const SAFE_METHODS = ["GET", "HEAD", "POST"];
const SAFE_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
/** The longest safelisted value, and the most that all of them may have together, in bytes. */
const MAX_VALUE_BYTES = 128;
const MAX_SAFE_BYTES = 1024;
const UNSAFE_BYTES = /[\x00-\x08\x0a-\x1f"():<>?@[\\\]{}\x7f]/;
const LANGUAGE = /^[0-9A-Za-z *,\-.;=]*$/;
const SAFE_HEADERS = {
  accept: (value) => !UNSAFE_BYTES.test(value),
  "accept-language": (value) => LANGUAGE.test(value),
  "content-language": (value) => LANGUAGE.test(value),
  "content-type": (value) => !UNSAFE_BYTES.test(value) && SAFE_TYPES.includes(value.split(";")[0].trim().toLowerCase()),
  range: (value) => /^bytes=\d+-\d*$/.test(value),
};
const READABLE_HEADERS = [
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
  "pragma",
];
const FORBIDDEN_HEADERS = [
  "accept-charset",
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "connection",
  "content-length",
  "cookie",
  "cookie2",
  "date",
  "dnt",
  "expect",
  "host",
  "keep-alive",
  "origin",
  "referer",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
];

/** Whether any page may use this method without asking. */
export function isSafeMethod(method) {
  return SAFE_METHODS.includes(method);
}

/** Whether the browser sets this request header itself, and leaves out what a page says. */
export function isForbiddenHeader(name) {
  return FORBIDDEN_HEADERS.includes(name) || name.startsWith("proxy-") || name.startsWith("sec-");
}

/** The names of the headers for which a browser asks first, as it lists them: in lower case, sorted. */
export function askedHeaders(headers) {
  const all = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const safe = all.filter(([name, value]) => isSafeHeader(name, value));
  const bytes = safe.reduce((sum, [, value]) => sum + value.length, 0);
  return all
    .filter((header) => bytes > MAX_SAFE_BYTES || !safe.includes(header))
    .map(([name]) => name)
    .sort();
}

function isSafeHeader(name, value) {
  return value.length <= MAX_VALUE_BYTES && Object.hasOwn(SAFE_HEADERS, name) && SAFE_HEADERS[name](value);
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

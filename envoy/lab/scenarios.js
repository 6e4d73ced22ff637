// The scenarios, and what is expected of each where the policy allows the origin of the page. A step whose `expect`
// leaves something out expects: readable, 200, no preflight, from the server.

const JSON_TYPE = { "content-type": "application/json" };
const TEXT_TYPE = { "content-type": "text/plain" };
const ORDER = '{"state": "paid"}';
const SIGN_IN = { path: "/api/session", credentials: "include" };

export const GROUPS = [
  {
    name: "Simple",
    about: "Sent at once. The response decides whether the page can read it.",
    scenarios: [
      {
        id: "get",
        title: "A plain GET",
        about: "No custom header, no unusual method: the browser does not ask first.",
        steps: [{ path: "/api/hello" }],
      },
      {
        id: "head",
        title: "HEAD",
        about: "As simple as GET. The page reads the status and the headers.",
        steps: [{ method: "HEAD", path: "/api/hello" }],
      },
      {
        id: "post-text",
        title: "POST of plain text",
        about: "A form could send it too, so the browser does not ask first: it arrives even if the origin is refused.",
        steps: [{ method: "POST", path: "/api/orders", headers: TEXT_TYPE, body: "one", expect: { status: 201 } }],
      },
      {
        id: "post-form",
        title: "POST of a form",
        about: "The content type that forms use needs no preflight either.",
        steps: [
          {
            method: "POST",
            path: "/api/orders",
            headers: { "content-type": "application/x-www-form-urlencoded" },
            body: "item=1",
            expect: { status: 201 },
          },
        ],
      },
      {
        id: "no-cors",
        title: "GET with mode: no-cors",
        about: "This does not switch CORS off. It asks for a response that no page can read, allowed or not.",
        steps: [{ path: "/api/hello", mode: "no-cors", expect: { outcome: "opaque" } }],
      },
    ],
  },
  {
    name: "Preflighted",
    about: "The browser asks with OPTIONS first. The filter answers; the API never sees it.",
    scenarios: [
      {
        id: "put-json",
        title: "PUT of JSON",
        about: "The method and the content type both need permission.",
        steps: [
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "sent" } },
        ],
      },
      {
        id: "post-json",
        title: "POST of JSON",
        about: "POST need not be listed, but application/json makes the browser ask first.",
        steps: [
          {
            method: "POST",
            path: "/api/orders",
            headers: JSON_TYPE,
            body: ORDER,
            expect: { preflight: "sent", status: 201 },
          },
        ],
      },
      {
        id: "delete",
        title: "DELETE",
        about: "The response is a 204: even without a body it has to be allowed.",
        steps: [{ method: "DELETE", path: "/api/orders/7", expect: { preflight: "sent", status: 204 } }],
      },
      {
        id: "authorization",
        title: "GET with a bearer token",
        about:
          "The preflight carries no token. A gateway that requires one on OPTIONS breaks this; the filter answers before authentication.",
        steps: [{ path: "/api/me", headers: { authorization: "Bearer lab" }, expect: { preflight: "sent" } }],
      },
    ],
  },
  {
    name: "Credentials",
    about: "Cookies are used only if the page asks for it and the policy allows it.",
    scenarios: [
      {
        id: "cookie",
        title: "Sign in, then read with the cookie",
        about: "localhost:8000 and localhost:10000 are the same site, so a cookie with SameSite=Lax is sent.",
        steps: [SIGN_IN, { path: "/api/me", credentials: "include" }],
      },
      {
        id: "cookie-put",
        title: "Sign in, then PUT with the cookie",
        about: "The preflight carries no cookie; the PUT does.",
        steps: [
          SIGN_IN,
          {
            method: "PUT",
            path: "/api/me",
            credentials: "include",
            headers: JSON_TYPE,
            body: "{}",
            expect: { preflight: "sent" },
          },
        ],
      },
      {
        id: "cookie-left-out",
        title: "Sign in, then forget credentials: include",
        about: "By default, fetch() sends no cookies to another origin. The page reads the 401.",
        steps: [SIGN_IN, { path: "/api/me", expect: { status: 401 } }],
      },
    ],
  },
  {
    name: "Exposed headers",
    about: "Of an allowed response, a page can read seven headers and those that the policy lists.",
    scenarios: [
      {
        id: "exposed",
        title: "A header that is listed",
        about: "x-total-count is in the response and in expose_headers.",
        steps: [{ path: "/api/orders", expect: { headers: { "x-total-count": "42" } } }],
      },
      {
        id: "not-exposed",
        title: "A header that is not listed",
        about: "x-served-by is in the response (as curl shows), but not in expose_headers.",
        steps: [{ path: "/api/orders", expect: { headers: { "x-served-by": null } } }],
      },
      {
        id: "always-readable",
        title: "Headers that need not be listed",
        about: "cache-control, content-language, content-length, content-type, expires, last-modified, pragma.",
        steps: [
          {
            path: "/api/cacheable",
            expect: { headers: { "cache-control": "max-age=60", "content-type": "application/json" } },
          },
        ],
      },
      {
        id: "set-cookie",
        title: "Set-Cookie is never readable",
        about: "The browser keeps the cookie and hides the header. The filter refuses a policy that lists it.",
        steps: [{ ...SIGN_IN, expect: { headers: { "set-cookie": null } } }],
      },
    ],
  },
  {
    name: "Errors",
    about: "The page reads the real error, wherever it comes from, instead of “Failed to fetch”.",
    scenarios: [
      {
        id: "unauthorized",
        title: "401 from the API",
        about: "What a page needs to know to ask for a login.",
        steps: [{ path: "/api/unauthorized", expect: { status: 401 } }],
      },
      {
        id: "missing",
        title: "404 from the API",
        about: "A response like any other.",
        steps: [{ path: "/api/missing", expect: { status: 404 } }],
      },
      {
        id: "no-route",
        title: "404 from Envoy: no route",
        about: "Envoy’s own cors filter takes its policy from the route, and here there is none.",
        steps: [{ path: "/nowhere", expect: { status: 404 } }],
      },
      {
        id: "no-route-put",
        title: "404 from Envoy after a preflight",
        about: "The preflight needs no route. The page reads the 404 for its PUT.",
        steps: [
          {
            method: "PUT",
            path: "/nowhere",
            body: "one",
            headers: TEXT_TYPE,
            expect: { preflight: "sent", status: 404 },
          },
        ],
      },
      {
        id: "unavailable",
        title: "503 from the API",
        about: "The page can read it and try again later.",
        steps: [{ path: "/api/unavailable", expect: { status: 503 } }],
      },
      {
        id: "down",
        title: "503 from Envoy: the API is down",
        about: "Nothing listens behind this route, so Envoy itself answers.",
        steps: [{ path: "/api/down", expect: { status: 503 } }],
      },
    ],
  },
  {
    name: "Refused",
    about: "The policy does not allow it: the page learns nothing, and the filter counts the reason.",
    scenarios: [
      {
        id: "refused-origin",
        title: "Another origin",
        about:
          "A simple request reaches the API all the same: CORS is not access control. Only reading the response is refused.",
        steps: [
          {
            from: "unnamed",
            method: "POST",
            path: "/api/orders",
            headers: TEXT_TYPE,
            body: "one",
            expect: { refusal: "origin_refused" },
          },
        ],
      },
      {
        id: "refused-null",
        title: "The origin null",
        about: "Sandboxed frames, data: pages and file: pages all send it, so it identifies no one.",
        steps: [{ from: "sandbox", path: "/api/hello", expect: { refusal: "origin_refused" } }],
      },
      {
        id: "refused-method",
        title: "A method that is not listed",
        about: "The response to the preflight does not list PATCH, so the browser never sends it.",
        steps: [
          {
            method: "PATCH",
            path: "/api/orders/7",
            headers: JSON_TYPE,
            body: ORDER,
            expect: { preflight: "sent", refusal: "method_refused" },
          },
        ],
      },
      {
        id: "refused-header",
        title: "A header that is not listed",
        about: "One extra header, often added by a tracing library, and the request is never sent.",
        steps: [
          {
            path: "/api/hello",
            headers: { "x-request-id": "1" },
            expect: { preflight: "sent", refusal: "headers_refused" },
          },
        ],
      },
    ],
  },
  {
    name: "Caching",
    about: "The browser caches preflights and responses (unless “Disable cache” is on in its developer tools).",
    scenarios: [
      {
        id: "preflight-kept",
        title: "The second PUT is not preflighted",
        about: "max_age says how long the browser may cache the result of a preflight.",
        steps: [
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "sent" } },
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "cached" } },
        ],
      },
      {
        id: "preflight-other-method",
        title: "One preflight covers the other methods",
        about: "Its response lists all the methods of the policy, so a DELETE of the same URL needs no preflight.",
        steps: [
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "sent" } },
          { method: "DELETE", path: "/api/orders/7", expect: { preflight: "cached", status: 204 } },
        ],
      },
      {
        id: "preflight-not-kept",
        title: "With credentials, the browser asks again",
        about: "A preflight cached for requests without credentials does not apply to requests with credentials.",
        steps: [
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "sent" } },
          {
            method: "PUT",
            path: "/api/orders/7",
            headers: JSON_TYPE,
            body: ORDER,
            credentials: "include",
            expect: { preflight: "sent" },
          },
        ],
      },
      {
        id: "answer-kept",
        title: "A response from the browser’s cache",
        about: "cache-control: max-age=60. The second request never leaves the browser.",
        steps: [{ path: "/api/cacheable" }, { path: "/api/cacheable", expect: { stored: true } }],
      },
      {
        id: "vary",
        title: "Vary keeps two responses apart",
        about:
          "The first response, to a request without Origin, is cached. Without vary: Origin, the second request would get it and fail.",
        steps: [{ path: "/api/logo.svg", mode: "no-cors", expect: { outcome: "opaque" } }, { path: "/api/logo.svg" }],
      },
    ],
  },
];

// The scenarios, and what is expected of each where the policy allows the origin of the page. A step whose `expect`
// leaves something out expects: readable, 200, no preflight, from the server.

const JSON_TYPE = { "content-type": "application/json" };
const TEXT_TYPE = { "content-type": "text/plain" };
const ORDER = '{"state": "paid"}';
const SIGN_IN = { path: "/api/session", credentials: "include" };

export const GROUPS = [
  {
    name: "Simple",
    about: "Sent at once. The answer decides whether the page may read it.",
    scenarios: [
      {
        id: "get",
        title: "A plain GET",
        about: "No header of its own, no unusual method: the browser does not ask first.",
        steps: [{ path: "/api/hello" }],
      },
      {
        id: "head",
        title: "HEAD",
        about: "As simple as GET; the page reads status and headers.",
        steps: [{ method: "HEAD", path: "/api/hello" }],
      },
      {
        id: "post-text",
        title: "POST of plain text",
        about: "A form could send it too, so the browser does not ask: it arrives even where the page is refused.",
        steps: [{ method: "POST", path: "/api/orders", headers: TEXT_TYPE, body: "one", expect: { status: 201 } }],
      },
      {
        id: "post-form",
        title: "POST of a form",
        about: "The content type of forms needs no preflight either.",
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
        about: "This does not switch CORS off. It asks for an answer that no page may read, allowed or not.",
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
        about: "Method and content type both need leave.",
        steps: [
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "sent" } },
        ],
      },
      {
        id: "post-json",
        title: "POST of JSON",
        about: "POST needs no listing, but application/json makes the browser ask.",
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
        about: "Answered 204: there is no body, and still something to be allowed.",
        steps: [{ method: "DELETE", path: "/api/orders/7", expect: { preflight: "sent", status: 204 } }],
      },
      {
        id: "authorization",
        title: "GET with a bearer token",
        about:
          "The preflight carries no token. A gateway that asks for one on OPTIONS breaks this; the filter is before it.",
        steps: [{ path: "/api/me", headers: { authorization: "Bearer lab" }, expect: { preflight: "sent" } }],
      },
    ],
  },
  {
    name: "Credentials",
    about: "Cookies go along only where the page asks for it and the policy allows it.",
    scenarios: [
      {
        id: "cookie",
        title: "Sign in, then read with the cookie",
        about: "localhost:8000 and localhost:10000 are one site, so a cookie with SameSite=Lax goes along.",
        steps: [SIGN_IN, { path: "/api/me", credentials: "include" }],
      },
      {
        id: "cookie-put",
        title: "Sign in, then PUT with the cookie",
        about: "The preflight has no cookie, the PUT has it.",
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
        about: "By default fetch sends no cookie to another origin. The page reads the 401.",
        steps: [SIGN_IN, { path: "/api/me", expect: { status: 401 } }],
      },
    ],
  },
  {
    name: "Exposed headers",
    about: "Of an allowed answer, a page reads seven headers, and those that the policy lists.",
    scenarios: [
      {
        id: "exposed",
        title: "A header that is listed",
        about: "x-total-count is in the answer and in expose_headers.",
        steps: [{ path: "/api/orders", expect: { headers: { "x-total-count": "42" } } }],
      },
      {
        id: "not-exposed",
        title: "A header that is not listed",
        about: "x-served-by is in the answer (see it with curl), but not in expose_headers.",
        steps: [{ path: "/api/orders", expect: { headers: { "x-served-by": null } } }],
      },
      {
        id: "always-readable",
        title: "Headers that need no listing",
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
    about: "The page reads the real error, whoever made it, and not “Failed to fetch”.",
    scenarios: [
      {
        id: "unauthorized",
        title: "401 of the API",
        about: "What a page needs to know to show its login.",
        steps: [{ path: "/api/unauthorized", expect: { status: 401 } }],
      },
      {
        id: "missing",
        title: "404 of the API",
        about: "An answer like any other.",
        steps: [{ path: "/api/missing", expect: { status: 404 } }],
      },
      {
        id: "no-route",
        title: "404 of Envoy: no route",
        about: "Envoy’s own cors filter has no policy where there is no route.",
        steps: [{ path: "/nowhere", expect: { status: 404 } }],
      },
      {
        id: "no-route-put",
        title: "404 of Envoy after a preflight",
        about: "The preflight needs no route; the page reads the 404 of its PUT.",
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
        title: "503 of the API",
        about: "A page can read it and try again later.",
        steps: [{ path: "/api/unavailable", expect: { status: 503 } }],
      },
      {
        id: "down",
        title: "503 of Envoy: the API is down",
        about: "Nobody listens behind this route; Envoy itself answers.",
        steps: [{ path: "/api/down", expect: { status: 503 } }],
      },
    ],
  },
  {
    name: "Refused",
    about: "The policy does not allow it: the page learns nothing, the filter counts the reason.",
    scenarios: [
      {
        id: "refused-origin",
        title: "Another origin",
        about:
          "A simple request reaches the API all the same: CORS is not access control. Only the reading is refused.",
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
        about: "Sandboxed frames, data: and file: pages all send it, so it names nobody.",
        steps: [{ from: "sandbox", path: "/api/hello", expect: { refusal: "origin_refused" } }],
      },
      {
        id: "refused-method",
        title: "A method that is not listed",
        about: "The preflight is answered without leave, so the PATCH is never sent.",
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
        about: "One header too many, often added by a tracing library, and nothing is sent.",
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
    about: "The browser keeps preflights and answers (unless “Disable cache” is on in its developer tools).",
    scenarios: [
      {
        id: "preflight-kept",
        title: "The second PUT is not preflighted",
        about: "max_age says for how long the browser keeps the answer to a preflight.",
        steps: [
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "sent" } },
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "cached" } },
        ],
      },
      {
        id: "preflight-other-method",
        title: "One preflight covers the other methods",
        about: "Its answer lists all methods of the policy, so the DELETE of the same URL needs no preflight.",
        steps: [
          { method: "PUT", path: "/api/orders/7", headers: JSON_TYPE, body: ORDER, expect: { preflight: "sent" } },
          { method: "DELETE", path: "/api/orders/7", expect: { preflight: "cached", status: 204 } },
        ],
      },
      {
        id: "preflight-not-kept",
        title: "With credentials it is asked anew",
        about: "A preflight that was kept for requests without credentials does not hold for those with them.",
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
        title: "An answer from the browser’s cache",
        about: "cache-control: max-age=60. The second request never leaves the browser.",
        steps: [{ path: "/api/cacheable" }, { path: "/api/cacheable", expect: { stored: true } }],
      },
      {
        id: "vary",
        title: "Vary keeps two answers apart",
        about:
          "The first answer, made without Origin, is kept. But for vary: Origin, the second request would get it and fail.",
        steps: [{ path: "/api/logo.svg", mode: "no-cors", expect: { outcome: "opaque" } }, { path: "/api/logo.svg" }],
      },
    ],
  },
];

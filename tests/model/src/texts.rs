//! Texts that generated documents and requests are made of: few, so that they meet.

/// Methods, as a document or a request may spell them.
pub const METHODS: &[&str] =
    &["PUT", "DELETE", "put", "Delete", "PATCH", "patch", "PROPFIND", "GET", "HEAD", "OPTIONS", "x!y"];

/// Request headers, as a document may spell them.
pub const REQUEST_HEADERS: &[&str] =
    &["x-a", "X-B", "x-c", "content-type", "Content-Type", "Authorization", "accept", "range", "x-requested-with"];

/// Response headers, as a document may spell them.
pub const RESPONSE_HEADERS: &[&str] =
    &["x-total-count", "X-Total-Count", "ETag", "x-a", "content-length", "x-cors-decision", "vary"];

/// Hosts.
pub const HOSTS: &[&str] = &[
    "a.example",
    "b.example",
    "app.a.example",
    "x.b.example",
    "a.b.example",
    "localhost",
    "x.localhost",
    "127.0.0.1",
    "10.0.0.1",
    "[::1]",
    "[2001:db8::1]",
    "xn--bcher-kva.example",
    "a_b.example",
];

/// Origin rules with wildcards.
pub const WILDCARD_RULES: &[&str] = &[
    "https://*.a.example",
    "https://*.b.example:*",
    "http://*.a.example:8080",
    "https://pr-*.a.example",
    "https://{x,app}.a.example",
    "https://x?.b.example:8443",
    "https://[a-c].b.example",
    "https://[!x].b.example",
    "http://*.localhost:*",
    "https://*",
    "https://*:*",
    "https://*.example",
    "https://a.*",
    "https://{a,b}.example",
    "app://*:*",
    "app://*.a.example",
    "https://*a*.*",
    "https://?pp.a.example",
    "https://*-x.a.example",
    "https://*.*.example",
    "https://a*.b.example",
    "https://a-*.b.example:*",
];

/// Globs of `match.hosts`.
pub const HOST_GLOBS: &[&str] = &[
    "a.example",
    "b.example",
    "api.a.example",
    "*.a.example",
    "{a,b}.example",
    "*",
    "x?.b.example",
    "[ab].example",
    "127.0.0.1",
    "localhost",
    "*.*.example",
    "[::1]",
];

/// Globs of `match.paths`.
pub const PATH_GLOBS: &[&str] = &[
    "/",
    "/**",
    "/a",
    "/a/",
    "/a/*",
    "/a/**",
    "/*/b",
    "**/end",
    "/a*",
    "/v[12]/{x,y}",
    "/q?",
    "/a/**/b",
    "**",
    "/b/**",
    "/*",
    "/{a,b}/*",
    "/a%20b",
];

/// Names of routes.
pub const ROUTES: &[&str] = &["r", "s", "t"];

/// What an `:authority` may be.
pub const AUTHORITIES: &[&str] = &[
    "a.example",
    "b.example",
    "api.a.example",
    "A.Example",
    "a.example.",
    "a.example:443",
    "a.example:80",
    "a.example:8443",
    "a.example.:8443",
    "xx.b.example",
    "c.example",
    "localhost",
    "127.0.0.1:80",
    "[::1]",
    "[::1]:8080",
    "x.localhost:3000",
    "a.example..",
    "app.a.example",
    "",
    "a.example:",
    "a.example:x",
    ":80",
    ".",
    "[::1",
    "[::1]:443",
    "a.example:80:443",
    "u@a.example",
    "*.a.example",
    "{a,b}.example",
    "\u{ff}.a.example",
    "x\u{ff}.b.example",
    "a.example:0443",
    "a.example.:443",
    "XX.B.EXAMPLE:80",
];

/// What a `:path` may be.
pub const PATHS: &[&str] = &[
    "/",
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/x/b",
    "/b",
    "/a#b",
    "/a;b",
    "/q\u{ff}",
    "/a/\u{ff}",
    "/a/%",
    "/a/%2",
    "/a/%zz",
    "?",
    "a",
    "/v1/%3F?",
    "/a/%00",
    "/a/...",
    "/a/.b",
    "/..b",
    "/b/x",
    "/end",
    "/x/end",
    "/v1/x",
    "/v2/y",
    "/v3/x",
    "/q1",
    "/q",
    "/A",
    "/a?x=/../b",
    "/?/a",
    "/a/..x",
    "/a%20b",
    "/a/%C3%A9",
    "/a/100%25",
    "*",
    "",
];

/// Paths that can be read in two ways.
pub const AMBIGUOUS_PATHS: &[&str] = &[
    "//",
    "/a//b",
    "/a/../b",
    "/a/./b",
    "/a/..",
    "/a/.",
    "/a%2fb",
    "/a%2Fb",
    "/a%5cb",
    "/a\\b",
    "/%61",
    "/a/%2e%2e/b",
    "/%7Ea",
    "//a",
    "/b/../a/x",
    "/a/%2E",
];

/// What a hostile client may put into or onto an origin.
pub const HOSTILE_PIECES: &[&str] = &[
    ".",
    "/",
    ":",
    ":443",
    ":80",
    ":8443",
    ":0",
    ":08443",
    "@",
    "u@",
    "#",
    "?",
    "\\",
    "%2e",
    "A",
    "*",
    ",",
    " ",
    "\t",
    "\u{ff}",
    "[",
    "]",
    ".evil.test",
    "evil",
    "x",
    "-",
    "..",
    "://",
    "null",
    ", https://a.example",
    ";",
    "`",
    "{",
    "0",
    "a.",
];

/// Values of the headers of the CORS protocol that a hostile or careless upstream may send.
pub const CORS_VALUES: &[&str] = &[
    "*",
    "true",
    "https://a.example",
    "https://evil.test",
    "null",
    "",
    "*, *",
    "TRUE",
    "false",
    "x-a",
    "x-secret, x-total-count",
    "PUT,DELETE",
    "86400",
    "0",
    "https://a.example, https://b.example",
    "set-cookie",
    "authorization",
];

/// Names of response headers that decide what a page may read.
pub const CORS_NAMES: &[&str] = &[
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
    "Access-Control-Allow-Origin",
    "ACCESS-CONTROL-ALLOW-CREDENTIALS",
    "access-control-allow-private-network",
    "timing-allow-origin",
    "x-cors-decision",
];

/// What an upstream's `Vary` may hold.
pub const VARY_PIECES: &[&str] = &[
    "Origin",
    "origin",
    "Accept-Encoding",
    "accept",
    "*",
    "",
    " ",
    "X-Origin",
    "Origin-Id",
    "Access-Control-Request-Method",
    "access-control-request-headers",
    "\tORIGIN ",
    "X-\u{ff}",
    "Cookie",
    "Access-Control-Request-Private-Network",
];

/// Parts of globs over hosts.
pub const HOST_GLOB_PARTS: &[&str] =
    &["a", "b", "x", "-", "*", "?", "[ab]", "{a,b}", "[!a]", "[a-c]", "a.", "*.", "b.", "{a,*}", "{x.,}"];

/// Parts of globs over paths.
pub const PATH_GLOB_PARTS: &[&str] = &["/a", "/b", "/*", "/**", "/?", "/[ab]", "/{a,b}", "/a*", "/[!a]", "/*b", "/ab"];

/// Parts of paths.
pub const PATH_PARTS: &[&str] = &["/a", "/b", "/ab", "/x", "/bb", "/"];

/// Parts of hosts.
pub const HOST_PARTS: &[&str] = &["a", "b", "x", "a.", "b.", "-", "c"];

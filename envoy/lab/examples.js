// Policies to start from. The demo's comes from Envoy.

const PUBLIC = {
  title: "A public API",
  document: { allow_origins: ["*"], allow_headers: ["*", "authorization"], max_age: 7200 },
};

const SEVERAL = {
  title: "Several policies",
  document: {
    policies: [
      {
        name: "public",
        match: { hosts: ["api.example.com"], paths: ["/public/**"] },
        allow_origins: ["*"],
      },
      { name: "internal", match: { paths: ["/internal/**"] }, enabled: false },
      {
        name: "app",
        allow_origins: ["https://*.example.com"],
        allow_methods: ["PUT", "DELETE"],
        allow_headers: ["content-type"],
        allow_credentials: true,
        refused_request: "forbid",
      },
    ],
    debug_header: true,
  },
};

const MISTAKES = {
  title: "A policy with mistakes",
  document: {
    allow_origins: ["https://app.example.com/", "https://*.com", "http://partner.example"],
    allow_method: ["PUT"],
    expose_headers: ["*"],
    allow_credentials: true,
    max_age: "600",
  },
};

export const EXAMPLES = [PUBLIC, SEVERAL, MISTAKES].map(({ title, document }) => ({ title, text: layOut(document) }));

/** JSON with one line for each member, and lists of texts on one line. */
function layOut(document) {
  const text = JSON.stringify(document, undefined, 2);
  return text.replace(/\[\s+("[^[\]{}]*?")\s+\]/g, (_, items) => `[${items.replace(/,\s+/g, ", ")}]`);
}

// Sends a request and tells what a page can read of the answer. A classic script, not a module: the sandboxed frame has
// the origin `null`, and modules, unlike scripts, are fetched by the rules of CORS.

globalThis.send = async ({ url, method, headers, credentials, mode, body }) => {
  try {
    const response = await fetch(url, { method, headers, credentials, mode, body });
    if (response.type === "opaque") return { outcome: "opaque" };
    const { status, statusText } = response;
    return { outcome: "readable", status, statusText, headers: [...response.headers], body: await response.text() };
  } catch (error) {
    return { outcome: "refused", error: `${error.name}: ${error.message}` };
  }
};

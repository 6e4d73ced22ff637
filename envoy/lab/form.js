// A request of one's own.

import { curlOf, decidingKeys, listed, outcomeChip, preflightWord, resultOf } from "./details.js";
import { h } from "./dom.js";
import { headersByName } from "./header_lines.js";
import { preflightCauses } from "./rules.js";
import { runRequest } from "./run.js";

/** `context()`: places, api, policy; `actions`: `mark(title, name, keys)`, `counted()`. */
export function wireForm(form, hint, output, actions, context) {
  const { api, places } = context();
  form.addEventListener("input", () => showHint(form, hint, api));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.dataset.state = "running";
    try {
      const result = await runRequest(requestOf(form, api), places.page);
      const { policy } = context();
      output.replaceChildren(
        h("p", { class: "verdict" }, outcomeChip(result), h("span", { class: "preflight" }, preflightWord(result))),
        resultOf(result, { policy }),
        curlOf(result.request, result.place),
      );
      const { name, keys } = decidingKeys(result, policy);
      actions.mark("your request", name, keys);
      output.dataset.outcome = result.answer.outcome;
    } catch (error) {
      output.replaceChildren(h("p", { class: "difference" }, error.message));
      output.dataset.outcome = "invalid";
    }
    output.dataset.state = "done";
    actions.counted();
  });
  showHint(form, hint, api);
}

function requestOf(form, api) {
  const data = new FormData(form);
  const method = data.get("method");
  const body = data.get("body");
  const url = new URL(data.get("path"), api);
  if (url.origin !== api) throw new Error("Write a path that begins with / and stays on the API.");
  return {
    method,
    url: url.href,
    headers: headersByName(data.get("headers")),
    credentials: data.get("credentials"),
    mode: "cors",
    body: body === "" || method === "GET" || method === "HEAD" ? undefined : body,
  };
}

function showHint(form, hint, api) {
  try {
    const causes = preflightCauses(requestOf(form, api));
    hint.textContent = causes.length
      ? `The browser will ask first, because of ${listed(causes)}.`
      : "A simple request: the browser will not ask first.";
  } catch (error) {
    hint.textContent = error.message;
  }
}

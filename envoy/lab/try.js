// Puts the page "Try a policy" together.

import { addressOf, originOf, send } from "./browser.js";
import { h, icon } from "./dom.js";
import { Editor } from "./editor.js";
import { EXAMPLES } from "./examples.js";
import { headerLines, headersByName } from "./header_lines.js";
import { compile, Host } from "./host.js";
import { lineFinder } from "./lines.js";
import { plain, problemsIn } from "./messages.js";
import { showOutcome, verdictOf } from "./outcome.js";
import { numbers, Policy, readPolicy } from "./policy.js";
import { reasonOfDecision } from "./reasons.js";
import { fragmentOf, stateIn } from "./share.js";

/** What follows typing only when it pauses: the address, which browsers let change only so often, and what is spoken. */
const PAUSE_MS = 400;
const REQUEST = {
  page: "https://app.example.com",
  method: "PUT",
  url: "https://api.example.com/orders/7",
  credentials: "include",
  headers: "content-type: application/json",
  status: "200",
  route: "",
  upstream: "content-type: application/json\nx-total-count: 42\nvary: accept-encoding\naccess-control-allow-origin: *",
};

const root = document.documentElement;
const find = (id) => document.getElementById(id);
const editor = new Editor(find("document"), find("backdrop"));
const form = find("request");
let host;
let examples = [];
/** The document that was given to the module last, what is wrong with it, and the one that is in force. */
let tried;
let problems = [];
let inForce;
let shownFragment;
let timer;

/** Gives the document to the module where it has changed. */
function configure() {
  if (editor.text === tried) return;
  tried = editor.text;
  const { accepted, log } = host.configure(tried);
  problems = accepted ? [] : problemsIn(log, tried);
  if (accepted) inForce = { text: tried, policy: new Policy(tried), said: log.map(plain).join(" ") };
}

/** The request of the form, as `send` of browser.js takes it. */
function request() {
  const data = Object.fromEntries(new FormData(form));
  if (!/^[2-5]\d\d$/.test(data.status)) throw new Error(`“${data.status}” is not a status: write one from 200 to 599.`);
  return {
    origin: originOf(data.page.trim()),
    method: data.method,
    url: addressOf(data.url.trim()),
    headers: headersByName(data.headers),
    credentials: data.credentials,
    response: [[":status", data.status], ...headerLines(data.upstream)],
    route: data.route,
  };
}

function update() {
  let deciding = [];
  let spoken = "";
  try {
    configure();
    find("hint").textContent = "";
    if (inForce) {
      const asked = request();
      const result = send(asked, (sent, upstream) => host.exchange({ request: sent, upstream, route: asked.route }));
      if (problems.length === 0) deciding = decidingLines(result);
      find("outcome").replaceChildren(staleNote(), ...showOutcome(result, inForce.policy));
      spoken = verdictOf(result);
    } else {
      find("outcome").replaceChildren(staleNote());
    }
  } catch (error) {
    find("hint").textContent = error.message;
    find("outcome").replaceChildren();
  }
  editor.show({ wrong: problems, deciding });
  showProblems();
  const example = examples.findIndex(({ text }) => text === editor.text);
  find("example").value = example < 0 ? "" : String(example);
  root.dataset.try = problems.length > 0 ? "refused" : "accepted";
  clearTimeout(timer);
  timer = setTimeout(() => settle(spoken), PAUSE_MS);
}

/** The lines of the policy that decided the last thing that was decided. */
function decidingLines({ preflight, actual, request: asked }) {
  const lines = [preflight, actual]
    .filter((hop) => hop?.decision)
    .flatMap((hop) => {
      const { keys } = reasonOfDecision(hop, asked, inForce.policy);
      return keys.flatMap((key) => numbers(inForce.policy.linesOf(hop.decision.policy, key)));
    });
  return [...new Set(lines)];
}

function staleNote() {
  if (problems.length === 0) return "";
  const text = inForce
    ? "The document is refused. Like Envoy, this page keeps the last policy that was accepted: the result below is from that one."
    : "The document is refused, and there is no earlier one. Envoy would not start.";
  return h("p", { class: "stale panel" }, icon("cross"), text);
}

function showProblems() {
  const lineOf = lineFinder(editor.text);
  const line = find("verdict-of-document");
  line.dataset.state = problems.length > 0 ? "refused" : "accepted";
  line.replaceChildren(icon(problems.length > 0 ? "cross" : "check"), summary());
  find("problems").replaceChildren(
    ...problems.map((problem) => {
      const go = h("button", { type: "button", class: "small" }, `Line ${lineOf(problem.start) + 1}`);
      go.addEventListener("click", () => editor.select(problem));
      return h("li", {}, go, h("p", {}, h("code", {}, problem.path), ` ${problem.text}`));
    }),
  );
}

function summary() {
  if (problems.length === 0) return `Accepted: ${inForce?.said ?? ""}`;
  return `Refused: ${problems.length} ${problems.length > 1 ? "problems" : "problem"}`;
}

/** What waits for a pause: the address, and the words for screen readers. */
function settle(spoken) {
  const data = Object.fromEntries(new FormData(form));
  shownFragment = fragmentOf({ policy: editor.text, ...data });
  history.replaceState(undefined, "", shownFragment);
  const words = `${summary()}. ${find("hint").textContent || spoken}`;
  if (find("announcement").textContent !== words) find("announcement").textContent = words;
}

function restore({ policy, ...values }) {
  editor.text = policy;
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
}

async function copyLink() {
  clearTimeout(timer);
  settle(find("announcement").textContent);
  try {
    await navigator.clipboard.writeText(location.href);
    find("copied").textContent = "Copied. The link contains the policy and the request.";
  } catch {
    find("copied").textContent = "Your browser does not allow it: copy the link from the address bar.";
  }
}

async function demoPolicy() {
  try {
    return await readPolicy();
  } catch {
    return undefined;
  }
}

try {
  const [module, demo] = await Promise.all([compile("/envoy-cors.wasm"), demoPolicy()]);
  host = new Host(module);
  examples = [...(demo ? [{ title: "The demo’s policy", text: demo }] : []), ...EXAMPLES];
  const choices = examples.map(({ title }, at) => h("option", { value: String(at) }, title));
  find("example").append(...choices);
  restore(stateIn(location.hash, Object.keys(REQUEST)) ?? { policy: examples[0].text, ...REQUEST });
  find("example").addEventListener("change", ({ target }) => {
    if (target.value === "") return;
    editor.text = examples[target.value].text;
    update();
  });
  find("document").addEventListener("input", update);
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  find("copy").addEventListener("click", copyLink);
  addEventListener("hashchange", () => {
    const state = location.hash === shownFragment ? undefined : stateIn(location.hash, Object.keys(REQUEST));
    if (state) {
      restore(state);
      update();
    }
  });
  update();
  root.dataset.ready = "true";
} catch (error) {
  find("outcome").replaceChildren(
    h("p", { class: "stale panel" }, icon("cross"), `The module cannot be loaded: ${error.message}`),
  );
  root.dataset.try = "failed";
}

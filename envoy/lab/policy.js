// The policy that Envoy has loaded: read from its configuration, shown with line numbers, lines marked.

import { h } from "./dom.js";
import { lineFinder, placesIn } from "./lines.js";

/** The text of the filter's configuration in the listener of the API. */
export async function readPolicy() {
  const response = await fetch("/live/listener", { cache: "no-store" });
  if (!response.ok) throw new Error(`the policy: status ${response.status}`);
  const { configs } = await response.json();
  return findPolicy(configs[0].listener).trim();
}

function findPolicy(listener) {
  const managers = listener.filter_chains.flatMap(({ filters }) => filters);
  const filters = managers.flatMap((manager) => manager.typed_config.http_filters ?? []);
  return filters.find(({ name }) => name === "envoy-cors").typed_config.config.configuration.value;
}

export class Policy {
  constructor(text) {
    this.lines = text.split("\n");
    this.document = JSON.parse(text);
    this.places = placesIn(text);
    this.lineOf = lineFinder(text);
  }

  /** What the document says under a key, for the policy of this name. */
  get(name, key) {
    const index = this.#index(name);
    return (index < 0 ? this.document : this.document.policies[index])[key];
  }

  /** The first and last line of a key, counted from 0; undefined where the document leaves it out. */
  linesOf(name, key) {
    const index = this.#index(name);
    const place = this.places.get(index < 0 ? key : `policies[${index}].${key}`) ?? this.places.get(key);
    return place && [this.lineOf(place.start), this.lineOf(place.end - 1)];
  }

  #index(name) {
    return (this.document.policies ?? []).findIndex((policy) => (policy.name ?? "default") === name);
  }
}

/** Shows a policy. Returns what marks the lines of some keys, or of none. */
export function showPolicy(policy, list, caption) {
  const lines = policy.lines.map((line) => h("li", {}, h("code", {}, ...tokens(line))));
  list.replaceChildren(...lines);
  return (title, name, keys) => {
    const marked = new Set(keys.flatMap((key) => numbers(policy.linesOf(name, key))));
    lines.forEach((line, number) => {
      line.classList.toggle("marked", marked.has(number));
    });
    const places = [...marked].sort((a, b) => a - b).map((number) => number + 1);
    const which = places.length > 1 ? `Lines ${places.join(", ")} decide` : `Line ${places[0]} decides`;
    caption.textContent = places.length ? `${which} “${title}”.` : `No line decides “${title}”.`;
  };
}

export function numbers(lines) {
  return lines ? Array.from({ length: lines[1] - lines[0] + 1 }, (_, more) => lines[0] + more) : [];
}

/** A line with its keys, texts and the rest apart. */
export function tokens(line) {
  return line.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?)/).map((part) => {
    if (!part.startsWith('"')) return part;
    return h("span", { class: part.endsWith(":") ? "key" : "text" }, part);
  });
}

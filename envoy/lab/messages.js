// What the module says of a document: its problems, each at its place in the text.

import { placesIn } from "./lines.js";

const PREFIX = /^envoy-cors(?: [\d.]+\S*)?: (?:configuration refused: )?/;
const POSITION = / at line (\d+) column (\d+)/;

/** The text of a line of the module's log without the module's name. */
export function plain({ text }) {
  return text.replace(PREFIX, "");
}

/** The problems in a log, in the order of the document, each with its `path`, its `text`, and where it is: `start` and `end` in the document. */
export function problemsIn(log, document) {
  const places = placesIn(document);
  const paths = [...places.keys()].sort((one, other) => other.length - one.length);
  const errors = log.filter(({ level }) => level === "error");
  const problems = errors.map((line) => problem(plain(line), document, places, paths));
  return problems.sort((one, other) => one.start - other.start);
}

function problem(message, document, places, paths) {
  // A key may have a colon in it: the longest path that fits is the one.
  const path = paths.find((path) => path && message.startsWith(`${path}: `)) ?? message.split(": ")[0];
  const place = places.get(path) ?? position(message, document) ?? begin(nearest(path, places));
  return { path, text: message.slice(path.length + 2), ...place };
}

/** Where the document stops being JSON. The module counts lines from 1, and columns in bytes. */
function position(message, document) {
  const [, line, column] = POSITION.exec(message) ?? [];
  if (!line) return undefined;
  const lines = document.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  const bytes = new TextEncoder().encode(lines[line - 1] ?? "").subarray(0, Math.max(column - 1, 0));
  const at = Math.min(before + new TextDecoder().decode(bytes).length, document.length);
  // At the end of a line or of the text there is nothing to mark: the last character before it is.
  const rest = /^[^\s,:[\]{}]+|^\S/.exec(document.slice(at))?.[0];
  if (rest) return { start: at, end: at + rest.length };
  const start = document.slice(0, at).trimEnd().length;
  return { start: Math.max(start - 1, 0), end: start };
}

/** The place of what holds a member that is missing. */
function nearest(path, places) {
  const parent = path.slice(0, Math.max(path.lastIndexOf("."), path.lastIndexOf("["), 0));
  return places.get(parent) ?? nearest(parent, places);
}

function begin({ start, end }) {
  return { start, end: Math.min(start + 1, end) };
}

// A text area over a copy of its text, in which lines have numbers and places are marked.

import { h } from "./dom.js";
import { lineFinder } from "./lines.js";
import { tokens } from "./policy.js";

/** Beyond this many characters the copy has no colours: it has to keep up with typing. */
const MAX_COLOURED = 50_000;

export class Editor {
  #area;
  #backdrop;

  constructor(area, backdrop) {
    this.#area = area;
    this.#backdrop = backdrop;
  }

  get text() {
    return this.#area.value;
  }

  set text(text) {
    this.#area.value = text;
  }

  /** Shows the text, with `wrong` places underlined, their lines marked, and the `deciding` lines marked. */
  show({ wrong = [], deciding = [] }) {
    const text = this.text;
    const lineOf = lineFinder(text);
    const wrongLines = new Set(wrong.map(({ start }) => lineOf(start)));
    let start = 0;
    const lines = text.split("\n").map((line, number) => {
      const marks = wrongLines.size > 0 ? wrong.map((place) => shifted(place, -start)) : [];
      start += line.length + 1;
      const row = h("span", { class: "row" }, ...pieces(line, marks, text.length <= MAX_COLOURED), "\n");
      row.classList.toggle("is-wrong", wrongLines.has(number));
      row.classList.toggle("is-deciding", deciding.includes(number));
      return row;
    });
    this.#backdrop.replaceChildren(...lines);
    this.#backdrop.style.setProperty("--digits", String(lines.length).length);
    this.#area.setAttribute("aria-invalid", String(wrong.length > 0));
  }

  /** Puts the caret on a place and brings it into view. */
  select({ start, end }) {
    this.#area.focus({ preventScroll: true });
    this.#area.setSelectionRange(start, end);
    const number = lineFinder(this.text)(start);
    this.#backdrop.children[number]?.scrollIntoView({ block: "nearest" });
  }
}

function shifted({ start, end }, by) {
  return { start: start + by, end: end + by };
}

/** A line in pieces: coloured as JSON, and cut where a mark begins or ends. */
function pieces(line, marks, isColoured) {
  const cuts = marks.filter(({ start, end }) => start < line.length && end > 0);
  let at = 0;
  return (isColoured ? tokens(line) : [line]).flatMap((token) => {
    const [content, name] = typeof token === "string" ? [token, undefined] : [token.textContent, token.className];
    const from = at;
    at += content.length;
    const bounds = cuts.flatMap(({ start, end }) => [start, end]).filter((bound) => bound > from && bound < at);
    const edges = [from, ...new Set(bounds.sort((one, other) => one - other)), at];
    return edges.slice(1).map((end, index) => {
      const begin = edges[index];
      const isWrong = cuts.some((cut) => cut.start <= begin && cut.end >= end);
      const text = line.slice(begin, end);
      return name || isWrong ? h("span", { class: [name, isWrong && "mark"].filter(Boolean).join(" ") }, text) : text;
    });
  });
}

// On which lines of a JSON document its keys stand.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/** A map from the path of a key ("policies/0/allow_methods") to its first and last line, counted from 0. */
export function linesOfKeys(text) {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  const lineOf = (index) => starts.findLastIndex((start) => start <= index);
  const tokens = [...text.matchAll(TOKEN)].map((match) => ({ text: match[0], line: lineOf(match.index) }));
  const lines = new Map();
  let at = 0;

  /** Walks over one value and returns its last line. */
  function walk(path) {
    const first = tokens[at++];
    if (first.text === "{") return walkMembers(path);
    if (first.text === "[") return walkItems(path);
    return first.line;
  }

  function walkMembers(path) {
    while (tokens[at].text !== "}") {
      const key = tokens[at];
      at += 2;
      const own = [...path, JSON.parse(key.text)];
      lines.set(own.join("/"), [key.line, walk(own)]);
      if (tokens[at].text === ",") at += 1;
    }
    return tokens[at++].line;
  }

  function walkItems(path) {
    for (let item = 0; tokens[at].text !== "]"; item += 1) {
      walk([...path, String(item)]);
      if (tokens[at].text === ",") at += 1;
    }
    return tokens[at++].line;
  }

  walk([]);
  return lines;
}

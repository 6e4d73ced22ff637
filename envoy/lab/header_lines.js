// Headers as people write them: one per line, name: value.

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Pairs of a name in lower case and a value, in the order of the lines; an error names the first line that is wrong. */
export function headerLines(text) {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.map((line) => {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    if (colon < 1 || !NAME.test(name)) throw new Error(`“${line}” is not a header: write name: value.`);
    if (!VALUE.test(value)) throw new Error(`The value of ${name} has characters that no header can carry.`);
    return [name, value];
  });
}

/** The same by name; the values of one name are joined, as fetch() joins them. */
export function headersByName(text) {
  const headers = {};
  for (const [name, value] of headerLines(text)) {
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

// What became of a response's headers between the service and the browser.

/** Lines of `name`, `value` and `state`: "kept", "removed" or "added", what replaces a line right after it. */
export function headerDiff(before, after) {
  const isSame =
    ([name, value]) =>
    ([own, ownValue]) =>
      own.toLowerCase() === name.toLowerCase() && ownValue === value;
  const added = after.filter((header) => !before.some(isSame(header)));
  const lines = [];
  for (const header of before) {
    const kept = after.some(isSame(header));
    lines.push(line(header, kept ? "kept" : "removed"));
    if (!kept) lines.push(...takeByName(added, header[0]).map((own) => line(own, "added")));
  }
  return [...lines, ...added.map((header) => line(header, "added"))];
}

function line([name, value], state) {
  return { name: name.toLowerCase(), value, state };
}

/** Takes the headers of a name out of a list. */
function takeByName(headers, name) {
  const taken = headers.filter(([own]) => own.toLowerCase() === name.toLowerCase());
  for (const header of taken) headers.splice(headers.indexOf(header), 1);
  return taken;
}

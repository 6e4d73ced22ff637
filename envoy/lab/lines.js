// Where the values of a JSON document are.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/**
 * A map from the path of a value, as the module spells it ("policies[0].allow_methods"), to where it begins and ends in
 * the text; a member begins with its key. Of a text that is not JSON, it has what comes before the first mistake.
 */
export function placesIn(text) {
  const tokens = [...text.matchAll(TOKEN)].map(({ 0: text, index }) => ({
    text,
    start: index,
    end: index + text.length,
  }));
  const places = new Map();
  let at = 0;

  /** Walks over one value and returns its end. */
  function walk(path) {
    const first = take();
    if (first.text === "{") return walkMembers(path);
    if (first.text === "[") return walkItems(path);
    return first.end;
  }

  function walkMembers(path) {
    while (look() !== "}") {
      const key = take();
      expect(":");
      const name = JSON.parse(key.text);
      const own = path ? `${path}.${name}` : name;
      places.set(own, { start: key.start, end: key.end });
      places.set(own, { start: key.start, end: walk(own) });
      if (look() !== "}") expect(",");
    }
    return take().end;
  }

  function walkItems(path) {
    for (let item = 0; look() !== "]"; item += 1) {
      const own = `${path}[${item}]`;
      const { start } = tokens[at];
      places.set(own, { start, end: walk(own) });
      if (look() !== "]") expect(",");
    }
    return take().end;
  }

  function look() {
    if (at === tokens.length) throw new SyntaxError("the text ends");
    return tokens[at].text;
  }

  function take() {
    look();
    return tokens[at++];
  }

  function expect(mark) {
    if (take().text !== mark) throw new SyntaxError(`no ${mark}`);
  }

  try {
    places.set("", { start: tokens[0]?.start ?? 0, end: text.length });
    walk("");
  } catch (error) {
    // Recursion may end in a RangeError: the module refuses such a text as well.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
  return places;
}

/** Finds the line of an index, both counted from 0. */
export function lineFinder(text) {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  return (index) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= index) low = middle;
      else high = middle;
    }
    return low;
  };
}

// The state of the page as the fragment of its address. Browsers send a fragment to nobody.

/** The fragment of a state; what is empty is left out. */
export function fragmentOf(state) {
  const filled = Object.entries(state).filter(([, value]) => value !== "");
  return `#${new URLSearchParams(filled)}`;
}

/** The state in a fragment, with "" for each of `names` that it leaves out; undefined where it holds no policy. */
export function stateIn(fragment, names) {
  const parameters = new URLSearchParams(fragment.slice(1));
  if (!parameters.has("policy")) return undefined;
  return Object.fromEntries(["policy", ...names].map((name) => [name, parameters.get(name) ?? ""]));
}

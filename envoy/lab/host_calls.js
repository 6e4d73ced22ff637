// The host calls of proxy-wasm that the module imports, and what they work on. Text of headers, names and properties is
// one character a byte (Latin-1); the configuration and the log are UTF-8.

const OK = 0;
const NOT_FOUND = 1;
const BAD_ARGUMENT = 2;
export const REQUEST_HEADERS = 0;
export const RESPONSE_HEADERS = 2;
const CONFIGURATION = 7;

/** What the module sees and has done. The log level is debug: the module then logs each decision. */
export const newState = () => ({
  configuration: new Uint8Array(),
  properties: new Map(),
  request: [],
  response: [],
  phase: REQUEST_HEADERS,
  reply: undefined,
  log: [],
  logLevel: 1,
  /** The counters that are defined: their ids by name, their names by id. */
  counters: new Map(),
  names: [],
  /** The counters that went up, once for each time. */
  counted: [],
});

/** The imports of a module, over a state; `exportsOf()` gives the exports of its instance. Other calls throw. */
export function hostCalls(module, state, exportsOf) {
  const memory = () => exportsOf().memory.buffer;
  const bytes = (at, size) => new Uint8Array(memory(), at >>> 0, size >>> 0);
  const text = (at, size) => textOf(bytes(at, size));
  const writeNumber = (at, value) => new DataView(memory()).setUint32(at >>> 0, value, true);

  /** Hands bytes over in memory that the module allocates. */
  function give(content, dataAt, sizeAt) {
    const at = content.length > 0 ? exportsOf().proxy_on_memory_allocate(content.length) : 0;
    bytes(at, content.length).set(content);
    writeNumber(dataAt, at);
    writeNumber(sizeAt, content.length);
    return OK;
  }

  /** Envoy shows the headers of the request in the request phase only. */
  function headersOf(map) {
    if (map !== state.phase) return undefined;
    return map === REQUEST_HEADERS ? state.request : state.response;
  }

  function edit(map, name, more) {
    if (map !== RESPONSE_HEADERS || !headersOf(map)) return BAD_ARGUMENT;
    state.response = [...state.response.filter(([own]) => own.toLowerCase() !== name.toLowerCase()), ...more];
    return OK;
  }

  const known = {
    proxy_log(level, at, size) {
      state.log.push({ level, text: new TextDecoder().decode(bytes(at, size)) });
      return OK;
    },
    proxy_get_log_level(at) {
      writeNumber(at, state.logLevel);
      return OK;
    },
    proxy_get_buffer_bytes(kind, start, max, dataAt, sizeAt) {
      if (kind !== CONFIGURATION) return BAD_ARGUMENT;
      return give(state.configuration.slice(start >>> 0).subarray(0, max >>> 0), dataAt, sizeAt);
    },
    proxy_get_header_map_value(map, at, size, dataAt, sizeAt) {
      const headers = headersOf(map);
      if (!headers) return BAD_ARGUMENT;
      const value = joined(headers, text(at, size));
      return value === undefined ? NOT_FOUND : give(latin1(value), dataAt, sizeAt);
    },
    proxy_get_header_map_pairs(map, dataAt, sizeAt) {
      const headers = headersOf(map);
      return headers ? give(serialize(headers), dataAt, sizeAt) : BAD_ARGUMENT;
    },
    proxy_replace_header_map_value(map, at, size, valueAt, valueSize) {
      const name = text(at, size);
      return edit(map, name, [[name, text(valueAt, valueSize)]]);
    },
    proxy_remove_header_map_value(map, at, size) {
      return edit(map, text(at, size), []);
    },
    proxy_send_local_response(status, at, size, bodyAt, bodySize, headersAt, headersSize) {
      const headers = deserialize(bytes(headersAt, headersSize));
      state.reply = { status, headers, body: text(bodyAt, bodySize), details: text(at, size) };
      return OK;
    },
    // As in Envoy, a name that is defined again is the same counter.
    proxy_define_metric(_kind, at, size, idAt) {
      const name = text(at, size);
      if (!state.counters.has(name)) state.counters.set(name, state.names.push(name) - 1);
      writeNumber(idAt, state.counters.get(name));
      return OK;
    },
    proxy_increment_metric(id, by) {
      if (!(id in state.names)) return BAD_ARGUMENT;
      for (let time = 0; time < Number(by); time += 1) state.counted.push(state.names[id]);
      return OK;
    },
    proxy_get_property(at, size, dataAt, sizeAt) {
      const value = state.properties.get(text(at, size));
      return value === undefined ? NOT_FOUND : give(latin1(value), dataAt, sizeAt);
    },
    proxy_set_property(at, size, valueAt, valueSize) {
      state.properties.set(text(at, size), text(valueAt, valueSize));
      return OK;
    },
    environ_sizes_get(countAt, sizeAt) {
      writeNumber(countAt, 0);
      writeNumber(sizeAt, 0);
      return OK;
    },
    environ_get: () => OK,
  };

  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = known[name] ?? (() => unknown(name));
  }
  return imports;
}

function unknown(name) {
  throw new Error(`the module calls ${name}`);
}

/** All values of a header joined by commas, as Envoy joins them; undefined where there is none. */
export function joined(headers, name) {
  const values = headers.filter(([own]) => own.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length > 0 ? values.join(",") : undefined;
}

function textOf(content) {
  return Array.from(content, (byte) => String.fromCharCode(byte)).join("");
}

function latin1(text) {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Headers as proxy-wasm hands them over: their number, all lengths, then each text with a zero byte after it. */
function serialize(headers) {
  const texts = headers.flat();
  const numbers = new Uint32Array([headers.length, ...texts.map(({ length }) => length)]);
  return latin1(textOf(new Uint8Array(numbers.buffer)) + texts.map((text) => `${text}\0`).join(""));
}

function deserialize(content) {
  if (content.length === 0) return [];
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const count = view.getUint32(0, true);
  let at = 4 + count * 8;
  return Array.from({ length: count }, (_, pair) =>
    [4, 8].map((offset) => {
      const size = view.getUint32(offset + pair * 8, true);
      const text = textOf(content.subarray(at, at + size));
      at += size + 1;
      return text;
    }),
  );
}

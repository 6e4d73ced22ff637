// A proxy-wasm host: enough of Envoy to take a request and its response through the module.

import { hostCalls, newState, REQUEST_HEADERS, RESPONSE_HEADERS } from "./host_calls.js";

/** The context of the plugin; those of streams follow. */
const ROOT = 1;
const COUNTER = /envoy_cors_requests_total\.policy=(.*)\.kind=(.*)\.outcome=(.*)$/;
const LEVELS = ["trace", "debug", "info", "warning", "error", "critical"];

/** Loads and compiles a module once, for all hosts. */
export function compile(url) {
  return WebAssembly.compileStreaming(fetch(url));
}

export class Host {
  #module;
  #state;
  #exports;
  #nextContext;

  /** Starts a VM with one plugin, which has no configuration yet. */
  constructor(module) {
    this.#module = module;
    this.#start();
  }

  #start() {
    this.#state = newState();
    this.#nextContext = ROOT + 1;
    const imports = hostCalls(this.#module, this.#state, () => this.#exports);
    this.#exports = new WebAssembly.Instance(this.#module, imports).exports;
    this.#exports._initialize();
    this.#exports.proxy_on_context_create(ROOT, 0);
    this.#exports.proxy_on_vm_start(ROOT, 0);
  }

  /** How much memory the VM has, in bytes. It never shrinks. */
  get memoryBytes() {
    return this.#exports.memory.buffer.byteLength;
  }

  /**
   * Gives the plugin a configuration; whether it was accepted, and what the module logged. As in Envoy, one that is
   * refused leaves the one before in force.
   */
  configure(text) {
    this.#state.configuration = new TextEncoder().encode(text);
    const accepted = this.#call("proxy_on_configure", ROOT, this.#state.configuration.length) === 1;
    return { accepted, log: this.#takeLog() };
  }

  /**
   * Takes a request through the module, and a response: upstream's, unless the module answers. Headers are pairs of
   * name and value, pseudo-headers among them.
   */
  exchange({ request, upstream, route }) {
    const state = this.#state;
    const context = this.#nextContext++;
    Object.assign(state, { request, phase: REQUEST_HEADERS, reply: undefined, properties: new Map(), counted: [] });
    if (route) state.properties.set("xds\0route_name", route);
    this.#call("proxy_on_context_create", context, ROOT);
    this.#call("proxy_on_request_headers", context, request.length, 1);
    const { reply } = state;
    state.response = reply ? [[":status", String(reply.status)], ...reply.headers] : upstream;
    state.phase = RESPONSE_HEADERS;
    this.#call("proxy_on_response_headers", context, state.response.length, 1);
    this.#call("proxy_on_delete", context);
    const counted = state.counted.map((name) => COUNTER.exec(name)?.slice(1).join("/") ?? name);
    const kept = state.properties.get("cors_decision");
    return { reply, response: state.response, counted, kept, log: this.#takeLog() };
  }

  #takeLog() {
    return this.#state.log.splice(0).map(({ level, text }) => ({ level: LEVELS[level], text }));
  }

  /** Calls an export. After a trap the VM is no longer sound, so another takes its place, as in Envoy. */
  #call(name, ...numbers) {
    try {
      return this.#exports[name](...numbers);
    } catch (trap) {
      const log = this.#takeLog();
      this.#start();
      throw new Error(`The module failed in ${name}: ${[...log.map(({ text }) => text), trap.message].join("; ")}`);
    }
  }
}

// From where a request is sent: this page, a frame of the origin that the policy does not name, a sandboxed frame.

import { h } from "./dom.js";

/** The places, each with the origin that its requests carry and its way to send one. */
export function placesOf(origins) {
  return {
    page: { name: "this page", origin: location.origin, send: (request) => globalThis.send(request) },
    unnamed: {
      name: "a frame from another site",
      origin: origins.unnamed,
      send: inFrame({ src: `${origins.unnamed}/frame.html` }),
    },
    sandbox: {
      name: "a sandboxed frame",
      origin: "null",
      send: inFrame({ src: "/frame.html", sandbox: "allow-scripts" }),
    },
  };
}

/** A way to send from a frame, which is made when it is first needed. */
function inFrame(attributes) {
  let ready;
  return async (request) => {
    ready ??= load(attributes);
    const frame = await ready;
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
      // "*": a sandboxed frame has no origin that could be named.
      frame.contentWindow.postMessage(request, "*", [port2]);
    });
  };
}

function load(attributes) {
  return new Promise((resolve) => {
    const frame = h("iframe", { ...attributes, hidden: true, title: "Sends requests from another origin" });
    frame.addEventListener("load", () => resolve(frame), { once: true });
    document.body.append(frame);
  });
}

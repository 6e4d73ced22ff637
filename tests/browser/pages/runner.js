// What a page does in a scenario, by kind: `act(action)` resolves to what the page could read. The same script runs in
// pages, frames and workers; `perform(action)` chooses where.
'use strict';

const unreadable = error => ({ readable: false, error: String(error) });

// The kind of an action is the key that holds its URL.
const KINDS = {
  async fetch(url, action) {
    const { method, headers, credentials, mode, redirect, cache, keepalive, read } = action;
    const options = { method, headers, credentials, mode, redirect, cache, keepalive, body: bodyOf(action) };
    if (action.stream) options.duplex = 'half';
    const response = await fetch(url, clean(options));
    return { ...seen(response), body: await contents(response, read) };
  },

  xhr(url, { method = 'GET', headers = {}, withCredentials = false, upload = false, ...action }) {
    return new Promise(resolve => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      request.withCredentials = withCredentials;
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      let uploaded = false;
      if (upload) request.upload.onprogress = () => { uploaded = true; };
      request.onload = () => {
        const lines = request.getAllResponseHeaders().trim().split('\r\n').map(line => line.split(': '));
        const { status, responseText: body } = request;
        resolve({ readable: true, status, headers: Object.fromEntries(lines), body, uploaded });
      };
      request.onerror = () => resolve(unreadable('error event'));
      request.send(bodyOf(action));
    });
  },

  image(url, { crossorigin, paint }) {
    return element('img', { crossOrigin: crossorigin, src: url }, image => {
      if (!paint) return {};
      const canvas = document.createElement('canvas').getContext('2d');
      canvas.drawImage(image, 0, 0);
      return { body: String(canvas.getImageData(0, 0, 1, 1).data) };
    });
  },

  async font(url) {
    await new FontFace('Dot', `url(${JSON.stringify(url)})`).load();
    return { readable: true };
  },

  async module(url) {
    return { readable: true, body: String((await import(url)).answer) };
  },

  // A classic script that throws: CORS decides what window.onerror gets to know.
  script(url, { crossorigin }) {
    const reported = new Promise(resolve => addEventListener('error', event => resolve(event.message), { once: true }));
    // Chromium adds a prefix.
    const body = reported.then(message => message.replace('Uncaught ', ''));
    return element('script', { crossOrigin: crossorigin, src: url }, async () => ({ body: await body }));
  },

  style(url, { crossorigin }) {
    return element('link', { rel: 'stylesheet', crossOrigin: crossorigin, href: url }, link => ({
      body: link.sheet.cssRules[0].cssText,
    }));
  },

  track(url) {
    const video = document.createElement('video');
    video.crossOrigin = 'anonymous';
    document.body.append(video);
    return new Promise(resolve => {
      const track = document.createElement('track');
      track.onload = () => resolve({ readable: true, body: track.track.cues[0].text });
      track.onerror = () => resolve(unreadable('error event'));
      track.src = url;
      video.append(track);
      track.track.mode = 'showing';
    });
  },

  events(url, { withCredentials = false, count = 1 }) {
    return new Promise(resolve => {
      const source = new EventSource(url, { withCredentials });
      const received = [];
      const end = result => { source.close(); resolve(result); };
      source.onmessage = event => {
        received.push(event.data);
        if (received.length === count) end({ readable: true, body: received.join('; ') });
      };
      // The browser reopens a connection that ended, but not one that was refused.
      source.onerror = () => { if (source.readyState === EventSource.CLOSED) end(unreadable('closed')); };
    });
  },

  socket(url) {
    return new Promise(resolve => {
      const socket = new WebSocket(url.replace('https:', 'wss:'));
      socket.onopen = () => socket.send('hello');
      socket.onmessage = event => resolve({ readable: true, body: event.data });
      socket.onerror = () => resolve(unreadable('error event'));
    });
  },

  // A page cannot see the result of a beacon; the backend's records show it.
  async beacon(url, action) {
    navigator.sendBeacon(url, new Blob(['{}'], { type: action.type }));
    await wait(400);
    return { readable: false };
  },
};

function bodyOf({ body, form, json, size, stream }) {
  if (stream) {
    return new ReadableStream({
      async start(controller) {
        for (const part of stream) { controller.enqueue(new TextEncoder().encode(part)); await wait(10); }
        controller.close();
      },
    });
  }
  if (form) { const data = new FormData(); data.append('field', 'value'); return data; }
  if (json) return JSON.stringify(json);
  if (size) return 'x'.repeat(size);
  return body;
}

function seen(response) {
  const { status, type, redirected } = response;
  const opaque = type === 'opaque' || type === 'opaqueredirect';
  return { readable: !opaque, status, type, redirected, headers: Object.fromEntries(response.headers) };
}

async function contents(response, read = 'text') {
  if (read === 'text') return response.text();
  const reader = response.body.getReader();
  let length = 0;
  let first = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!length) first = new TextDecoder().decode(value);
    length += value.length;
    // On a busy machine, several chunks arrive at once: only the first line counts, and nothing more is awaited.
    if (read === 'first') { await reader.cancel(); return first.slice(0, first.indexOf('\n') + 1); }
  }
  return String(length);
}

// An element that loads something, and what `then` finds out of it. The address comes last: it may start loading.
function element(name, properties, then) {
  return new Promise(resolve => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) if (value !== undefined) made[key] = value;
    made.onerror = () => resolve(unreadable('error event'));
    made.onload = async () => {
      try { resolve({ readable: true, ...await then(made) }); } catch (error) { resolve(unreadable(error)); }
    };
    if (name !== 'img') document.head.append(made);
  });
}

const clean = object => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
const wait = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

// One action, once or `times` times at once; then the results are one where they are all the same.
async function act(action) {
  if (action.times) {
    const { times, ...once } = action;
    const all = await Promise.all(Array.from({ length: times }, (_, n) => act({ ...once, n })));
    const different = new Set(all.map(result => JSON.stringify(result)));
    return different.size === 1 ? all[0] : { mixed: [...different] };
  }
  const kind = Object.keys(KINDS).find(name => name in action);
  const url = new URL(action[kind], action.base);
  url.searchParams.set('run', action.run);
  if (action.n !== undefined) url.searchParams.set('n', action.n);
  const late = wait(action.patience ?? 8000).then(() => unreadable('nothing happened'));
  try { return await Promise.race([KINDS[kind](url.href, action), late]); } catch (error) { return unreadable(error); }
}

// Frames and workers answer messages with what they could read.
const answer = port => async ({ data }) => port.postMessage(await act(data));
if (typeof SharedWorkerGlobalScope !== 'undefined') {
  onconnect = ({ ports: [port] }) => { port.onmessage = answer(port); };
} else if (typeof WorkerGlobalScope !== 'undefined') {
  onmessage = answer(self);
}

// Where an action can run, other than in the page itself.
const PLACES = {
  worker: action => ask(new Worker('/runner.js'), action),
  'module worker': action => ask(new Worker('/runner.js', { type: 'module' }), action),
  'shared worker': action => ask(new SharedWorker('/runner.js').port, action),
  'blob worker': async action => ask(new Worker(URL.createObjectURL(new Blob([await source()]))), action),
  async 'service worker'(action) {
    await navigator.serviceWorker.register('/service-worker.js');
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller) await wait(10);
    return act(action);
  },
  'sandboxed frame': async action => frame({ sandbox: 'allow-scripts', srcdoc: await document_() }, action),
  'srcdoc frame': async action => frame({ srcdoc: await document_() }, action),
  'blob frame': async action => frame({ src: URL.createObjectURL(new Blob([await document_()], HTML)) }, action),
  'data frame': async action => frame({ src: 'data:text/html,' + encodeURIComponent(await document_()) }, action),
};

const HTML = { type: 'text/html' };
const source = async () => (await fetch('/runner.js')).text();
const document_ = async () => `<!doctype html><body><script>${await source()}
  onmessage = async ({ data, ports: [port] }) => port.postMessage(await act(data));<\/script>`;

function ask(worker, action) {
  return new Promise(resolve => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = event => resolve(unreadable(event.message));
    worker.postMessage(action);
  });
}

function frame(properties, action) {
  return new Promise(resolve => {
    const made = document.createElement('iframe');
    for (const [name, value] of Object.entries(properties)) made.setAttribute(name, value);
    made.onload = () => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data);
      made.contentWindow.postMessage(action, '*', [port2]);
    };
    document.body.append(made);
  });
}

// Called by the test (judge.py).
const perform = action => (action.in ? PLACES[action.in](action) : act(action));

// Sends what the page that holds this frame asks for, with the origin of this frame. Who may hold it, the header
// `content-security-policy` says.

addEventListener("message", async ({ source, data, ports: [answer] }) => {
  if (source !== parent) return;
  answer.postMessage(await send(data));
});

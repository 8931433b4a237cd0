/** Loaded before the traced gateway: its sockets and requests tell the recorder, whose notes a server of its own hands out. */
import http, { type ClientRequest, createServer } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { cross, enter, recorded } from "./recorder.ts";

const { request } = http;
http.request = ((...args: Parameters<typeof request>): ClientRequest => {
  const sent = request(...args);
  const { end } = sent;
  sent.end = ((...pieces: Parameters<typeof end>) => {
    cross("http", String(pieces[0] ?? ""));
    return end.apply(sent, pieces);
  }) as typeof end;
  return sent;
}) as typeof request;
syncBuiltinESMExports();

const { send, dispatchEvent } = WebSocket.prototype;
WebSocket.prototype.send = function (data) {
  cross("socket", String(data));
  send.call(this, data);
};
WebSocket.prototype.dispatchEvent = function (event) {
  const deliver = () => dispatchEvent.call(this, event);
  return event instanceof MessageEvent ? enter("socket", String(event.data), deliver) : deliver();
};

const server = createServer((_, response) => {
  response.end(JSON.stringify(recorded()));
});
server.listen(0, "127.0.0.1", () =>
  console.log(JSON.stringify({ event: "trace.listening", ...portOf(server.address()) })),
);
server.unref();

function portOf(address: ReturnType<typeof server.address>): { port?: number } {
  return typeof address === "object" && address !== null ? { port: address.port } : {};
}

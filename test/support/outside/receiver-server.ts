/// <reference types="node" />
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How a hook answers one request. Defaults to 200, no headers, an empty body, at once. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** The body as bytes, in base 64, where it is no text in UTF-8. */
  bytes?: string;
  /**
   * `drop`: close the connection without an answer. `hang`: never answer. `stall`: headers, and never the body.
   * `echo`: the headers it was sent, as JSON, behind the body. `break`: headers and the body, of a length it does not have.
   */
  instead?: "drop" | "hang" | "stall" | "echo" | "break";
}

/** A request as it arrived at a hook. */
export interface Received {
  method: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
  at: number;
}

interface Hook {
  answers: Answer[];
  received: Received[];
}

/**
 * A real HTTP server that plays the endpoints. `/hooks/<name>` answers as its program says, the last answer
 * for ever; `PUT /program/<name>` sets the program, `GET /received/<name>` tells what came.
 */
export async function startReceiver(): Promise<{ url: string; stop: () => Promise<void> }> {
  const hooks = new Map<string, Hook>();
  const server = createServer((request, response) => {
    const [, route, name = ""] = urlOf(request).pathname.split("/");
    const hook = hooks.get(name) ?? { answers: [], received: [] };
    hooks.set(name, hook);
    void readBody(request).then((body) => {
      if (route === "program") {
        hook.answers = JSON.parse(body);
        return response.end();
      }
      if (route === "received") return response.end(JSON.stringify(hook.received));
      return play(hook, request, body, response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function play(hook: Hook, request: IncomingMessage, body: string, response: ServerResponse) {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const query = Object.fromEntries(urlOf(request).searchParams);
  hook.received.push({ method: request.method ?? "", query, headers, body, at: Date.now() });
  const answer = (hook.answers.length > 1 ? hook.answers.shift() : hook.answers[0]) ?? {};
  if (answer.instead === "drop") request.socket.destroy();
  if (answer.instead === "drop" || answer.instead === "hang") return;
  const content = answer.bytes === undefined ? answer.body : Buffer.from(answer.bytes, "base64");
  if (answer.instead === "break") {
    response.writeHead(answer.status ?? 200, { ...answer.headers, "content-length": "100" });
    response.write(content, () => request.socket.end());
    return;
  }
  response.writeHead(answer.status ?? 200, answer.headers);
  if (answer.instead === "stall") response.write("the beginning");
  else if (answer.instead === "echo") response.end(`${answer.body ?? ""}${JSON.stringify(headers)}`);
  else response.end(content);
}

const urlOf = (request: IncomingMessage) => new URL(request.url ?? "", "http://receiver");

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

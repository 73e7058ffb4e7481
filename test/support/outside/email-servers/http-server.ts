/// <reference types="node" />
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Box, Boxes, Turn } from "./boxes.ts";
import { type Answer, type Arrived, type HttpName, PROTOCOLS } from "./protocols.ts";
import type { Taken } from "./taken.ts";

/**
 * Stands in for providers over HTTP: `/<provider>/<box>` is the address of one. `PUT /turns/<box>` says what its next exchanges are,
 * `GET /box/<box>` tells what has come.
 */
export async function startHttpServer(boxes: Boxes): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void handle(boxes, request, response).catch((error: unknown) => {
      response.writeHead(500, { "content-type": "text/plain" }).end(`The stand-in: ${error}`);
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

async function handle(boxes: Boxes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  const [, route = "", name = "", ...rest] = (request.url ?? "").split("/");
  const box = boxes.of(name);
  if (route === "turns") {
    box.turns = JSON.parse(body);
    response.end();
  } else if (route === "box") {
    response.end(JSON.stringify(box));
  } else {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([header, value]) => [header, String(value)]),
    );
    box.requests.push({ headers, body });
    const arrived = { method: request.method ?? "", path: `/${rest.join("/")}`, fullPath: request.url ?? "" };
    await exchange(route as HttpName, box, { ...arrived, headers, body }, response);
  }
}

async function exchange(
  provider: HttpName,
  box: Box,
  request: Arrived,
  response: ServerResponse,
): Promise<void> {
  const turn: Turn | undefined = box.turns.shift();
  if (turn && !("instead" in turn)) {
    send(response, turn);
    return;
  }
  const { instead, status = 200 } = turn ?? { instead: undefined };
  if (instead === "echo") send(response, { status, body: JSON.stringify(request) });
  else if (instead === "drop") response.socket?.destroy();
  if (instead === "echo" || instead === "drop" || instead === "hang") return;
  const answer = await take(provider, box, request);
  if (instead === "taken-hang") return;
  if (instead === "taken-drop") response.socket?.destroy();
  else if (instead === "half") half(response, answer);
  else send(response, answer);
}

/** Its headers, and half of a body that they promise. */
function half(response: ServerResponse, { status, headers, body = "not empty" }: Answer): void {
  response.writeHead(status, { ...headers, "content-length": body.length });
  response.write(body.slice(0, body.length / 2), () => response.socket?.end());
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

async function take(provider: HttpName, box: Box, request: Arrived): Promise<Answer> {
  const { path, refuse, read, accept, keyOf } = PROTOCOLS[provider];
  if (request.method !== "POST" || request.path !== path) return { status: 404, body: "Not found" };
  const refusal = refuse(request);
  if (refusal) return refusal;
  const key = keyOf?.(request);
  const known = key === undefined ? undefined : box.byKey[key];
  const email: Taken = known ?? { id: `taken-${box.emails.length + 1}`, ...(await read(request)) };
  if (!known) box.emails.push(email);
  if (key !== undefined) box.byKey[key] = email;
  return accept(email.id);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const isForm = request.headers["content-type"]?.startsWith("multipart/");
  return Buffer.concat(chunks).toString(isForm ? "latin1" : "utf8");
}

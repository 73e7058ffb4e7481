import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Ways in which an endpoint is slow. */
export const WAYS = {
  "never answers": () => {},
  "200 at once, and a body that never ends": (response) => void response.writeHead(200).write("."),
  "200 after 14 s": (response) => void setTimeout(() => response.end(), 14_000),
} as const satisfies Readonly<Record<string, (response: ServerResponse) => void>>;

export type Way = keyof typeof WAYS;

/** One in so many requests of the good endpoints is answered with 500. */
const FAILS_ONE_IN = 50;

/** Receivers of the bench: every address of 127.0.0.0/8 is a host of its own. */
export class Receivers {
  readonly #arrivedAt = new Map<string, number>();
  readonly #hanging = new Set<ServerResponse>();
  readonly #server: Server;
  #way: Way | undefined;
  #requests = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        if (request.url === "/slow") return this.#answerSlowly(response);
        const id = String(request.headers["webhook-id"]);
        if (!this.#arrivedAt.has(id)) this.#arrivedAt.set(id, performance.now());
        response.writeHead(++this.#requests % FAILS_ONE_IN === 0 ? 500 : 200).end();
      });
    });
    this.#server.keepAliveTimeout = 120_000;
  }

  /** Listens on all addresses. */
  async open(): Promise<void> {
    await new Promise<void>((listening) => this.#server.listen(0, listening));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** URL of a good endpoint, or of the nth slow one. */
  urlOf(endpoint: "good" | number): string {
    const { port } = this.#server.address() as AddressInfo;
    if (endpoint === "good") return `http://127.0.0.1:${port}/good`;
    return `http://127.0.${1 + Math.floor(endpoint / 200)}.${1 + (endpoint % 200)}:${port}/slow`;
  }

  /** Instant at which a message came for the first time; undefined if it did not come. */
  arrivedAt(messageId: string): number | undefined {
    return this.#arrivedAt.get(messageId);
  }

  beSlow(way: Way): void {
    this.#way = way;
  }

  /** Ends all that hangs, and answers at once from now on. */
  beWell(): void {
    this.#way = undefined;
    for (const response of this.#hanging) response.end();
  }

  #answerSlowly(response: ServerResponse): void {
    if (!this.#way) return void response.end();
    this.#hanging.add(response);
    response.once("close", () => this.#hanging.delete(response));
    WAYS[this.#way](response);
  }
}

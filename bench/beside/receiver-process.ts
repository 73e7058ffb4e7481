/** Receiver of all contenders, in a process of its own. It notes the arrival of each message, and violations of a key's order. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { now } from "./clock.ts";
import type { Message } from "./load.ts";
import type { Expected, Report } from "./receiver.ts";

/** Silence after which a round is over, though messages are missing. */
const STALLED_MS = 30_000;

class Round {
  readonly at: number[] = [];
  readonly #busy = new Set<string>();
  readonly #latest = new Map<string, number>();
  readonly expected: Expected;
  #arrived = 0;
  #repeated = 0;
  #disordered = 0;
  #lastAt = now();
  #reported = false;

  constructor(expected: Expected) {
    this.expected = expected;
  }

  /** Takes a message. It is in order if all messages of its key that arrived before are earlier, and have been answered. */
  take({ n, key }: Message["payload"], response: ServerResponse): void {
    const at = now();
    if (this.at[n] !== undefined) {
      this.#repeated++;
      response.end();
      return;
    }
    this.at[n] = at;
    this.#lastAt = at;
    this.#arrived++;
    if (key !== undefined) {
      if (this.#busy.has(key) || n < (this.#latest.get(key) ?? 0)) this.#disordered++;
      this.#busy.add(key);
      this.#latest.set(key, n);
    }
    const answer = () => {
      if (key !== undefined) this.#busy.delete(key);
      response.end();
      if (this.#arrived === this.expected.messages) this.#report();
    };
    if (this.expected.answerMs > 0) setTimeout(answer, this.expected.answerMs);
    else answer();
  }

  look(): void {
    if (now() - this.#lastAt > STALLED_MS) this.#report();
  }

  #report(): void {
    if (this.#reported) return;
    this.#reported = true;
    const missing = this.expected.messages - this.#arrived;
    const report = { lastAt: this.#lastAt, at: this.at, missing };
    const counts = { repeated: this.#repeated, disordered: this.#disordered };
    process.send?.({ ...report, ...counts } satisfies Report);
  }
}

let round: Round | undefined;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const payload = JSON.parse(Buffer.concat(chunks).toString()) as Message["payload"];
    // A straggler of an earlier round is answered, but not counted.
    if (payload.run === round?.expected.run) round.take(payload, response);
    else response.end();
  });
});
server.keepAliveTimeout = 120_000;

process.on("message", (expected: Expected) => {
  round = new Round(expected);
});
process.on("disconnect", () => process.exit());
setInterval(() => round?.look(), 1_000);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));

/// <reference types="node" />
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface SentEmail {
  to: string;
  subject: string;
}

/** Stands in for Resend, over real HTTP: a repetition with the same Idempotency-Key is answered as the first, and sends nothing. */
export class MailProvider {
  readonly sent: SentEmail[] = [];
  /** Repetitions that it did not send. */
  suppressed = 0;
  readonly #answers = new Map<string, string>();
  readonly #server = createServer(async (request, response) => {
    const key = String(request.headers["idempotency-key"]);
    const { to, subject } = (await json(request)) as { to: string[]; subject: string };
    let id = this.#answers.get(key);
    if (id === undefined) {
      id = `email-${this.#answers.size + 1}`;
      this.#answers.set(key, id);
      this.sent.push({ to: to.join(", "), subject });
    } else {
      this.suppressed++;
    }
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id }));
  });

  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

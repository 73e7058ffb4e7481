import type { DevServer } from "../../test/support/programs/dev-server.ts";
import type { Contender, Prepared } from "./contender.ts";
import { messagesOf } from "./load.ts";
import { postJson } from "./post-json.ts";

/** Fetches of a Worker alone, five at once as in one consumer: no database, queue, signature or record. It keeps no order. */
export class FloorContender implements Contender {
  readonly name = "floor: a Worker's fetches alone";
  readonly #server: DevServer;

  constructor(server: DevServer) {
    this.#server = server;
  }

  async prepare({ load, run, receiverUrl }: Prepared): Promise<void> {
    const requests = messagesOf(load, run).map(({ path, payload }) => ({
      url: receiverUrl + path,
      body: JSON.stringify(payload),
    }));
    await postJson(`${this.#server.url}/hold`, JSON.stringify(requests));
  }

  async start(): Promise<void> {
    void postJson(`${this.#server.url}/release`, "{}");
  }

  async stop(): Promise<void> {
    // It ends with its last fetch.
  }
}

import { type DevServer, OPERATOR_TOKEN } from "../../test/support/programs/dev-server.ts";
import type { Contender, Prepared } from "./contender.ts";
import { batchesOf, messagesOf } from "./load.ts";
import { postJson } from "./post-json.ts";

/** The deployed Worker, on `wrangler dev`. */
export class OutboxContender implements Contender {
  readonly name = "edge-outbox";
  readonly #server: DevServer;
  #tenant = "";

  constructor(server: DevServer) {
    this.#server = server;
  }

  /** Commits to a tenant of the run's own, which is paused. */
  async prepare({ load, run, receiverUrl }: Prepared): Promise<void> {
    this.#tenant = `run-${run}`;
    await this.call("/v1/tenants", { id: this.#tenant });
    await this.call(`/v1/tenants/${this.#tenant}/pause`, {});
    for (let n = 0; n < load.endpoints; n++) await this.createEndpoint(this.#tenant, receiverUrl, n);
    for (const batch of batchesOf(messagesOf(load, run))) {
      const messages = batch.map(({ path, key, payload }) => ({
        eventType: eventTypeOf(path),
        payload,
        ...(key !== undefined && { orderingKey: key }),
      }));
      await this.call(`/v1/tenants/${this.#tenant}/messages/batch`, { messages });
    }
  }

  async start(): Promise<void> {
    await this.call(`/v1/tenants/${this.#tenant}/resume`, {});
  }

  async stop(): Promise<void> {
    // It has nothing left to send; its relay and its consumer come to rest by themselves.
  }

  /** Creates an endpoint that receives the payload alone, like a peer's. */
  async createEndpoint(tenant: string, receiverUrl: string, n: number): Promise<void> {
    const [url, eventTypes] = [`${receiverUrl}/${n}`, [eventTypeOf(`/${n}`)]];
    const endpoint = { channel: "webhook", url, eventTypes, payloadFormat: "raw" };
    await this.call(`/v1/tenants/${tenant}/endpoints`, endpoint);
  }

  call(path: string, body: unknown): Promise<string> {
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    return postJson(this.#server.url + path, JSON.stringify(body), headers);
  }
}

/** Event type of one endpoint alone. */
export const eventTypeOf = (path: string) => `order.placed.${path.slice(1)}`;

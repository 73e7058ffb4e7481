import { answerOf, type Client, type ClientOptions, createClient, type Message } from "../client/client.ts";
import type { Emails } from "../mailbox/answers.ts";
import { attemptsOf, type MadeAttempts, readCommitted } from "./committed.ts";
import { EndpointReceiver, type NewReceiver } from "./endpoint-receiver.ts";
import { type Listening, listen } from "./listen.ts";
import { type TestEmail, TestMailbox } from "./test-mailbox.ts";

/** A running outbox, seen by a test in Node through its HTTP API. */
export interface TestServer {
  /** The client of its API. */
  client: Client;
  /**
   * Creates an endpoint for webhooks, and its receiver, which listens on this machine. Creates a missing tenant, too.
   * The outbox needs `ALLOW_LOOPBACK_ENDPOINTS`.
   * @param endpoint fields of the endpoint, as `{ eventTypes: ["order.placed"] }`. Defaults to all event types
   * @throws {ProblemError} as `POST …/endpoints` refuses it
   */
  receiver(tenantId: string, endpoint?: NewReceiver): Promise<EndpointReceiver>;
  /** Reads all messages of a tenant, in commit order, each with its payload, its deliveries and their attempts. */
  committed(tenantId: string): Promise<Message[]>;
  /**
   * Waits until every delivery of a tenant is settled. Answers all attempts ever made. Time is real, so
   * `RETRY_SCHEDULE` must be short.
   * @param options.timeoutMs longest wait, in milliseconds. Defaults to 30,000
   * @throws {Error} when it takes longer, naming the waiting deliveries
   */
  settled(tenantId: string, options?: { timeoutMs?: number }): Promise<MadeAttempts>;
  /**
   * Reads the mailbox of a Worker in development that serves the dashboard: with `ENVIRONMENT` set to `development`, it keeps there
   * what it would send.
   */
  mailbox: TestMailbox;
  /** Ends the receivers. */
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 50;

/**
 * Looks at a running Worker through its HTTP API: under `wrangler dev`, `unstable_startWorker`, Miniflare or on
 * Cloudflare. The Worker runs unchanged, with its own relays and queues, in real time. @param url address of the
 * outbox's HTTP API, as `http://127.0.0.1:8787/outbox`
 * @param options `token`: a token of `OPERATOR_TOKEN`
 *
 * @example
 * const server = testServer("http://127.0.0.1:8787/outbox", { token: process.env["OPERATOR_TOKEN"] ?? "" });
 * const receiver = await server.receiver("acme");
 * await fetch("http://127.0.0.1:8787/orders", { method: "POST", body: '{"id":"1001"}' });
 * await server.settled("acme");
 * expect(receiver.received).toMatchObject([{ body: { type: "order.placed" } }]);
 */
export function testServer(url: string, options: ClientOptions): TestServer {
  const client = createClient(url, options);
  const { tenants } = client.v1;
  const listening: Listening[] = [];

  const committed = (tenant: string) => {
    const { messages } = tenants[":tenant"];
    return readCommitted({
      list: (cursor) =>
        answerOf(
          messages.$get({
            param: { tenant },
            query: { limit: "100", ...(cursor !== undefined && { cursor }) },
          }),
        ),
      get: (message) => answerOf(messages[":message"].$get({ param: { tenant, message } })),
    });
  };

  return {
    client,
    committed,
    mailbox: mailboxAt(url, options),
    async receiver(tenant, endpoint) {
      await answerOf(tenants.$post({ json: { id: tenant } }));
      const server = await listen({ fetch: (request) => receiver.fetch(request) });
      listening.push(server);
      const json = { url: server.url, ...endpoint, channel: "webhook" as const };
      const made = await answerOf(tenants[":tenant"].endpoints.$post({ param: { tenant }, json }));
      const receiver = new EndpointReceiver(made);
      return receiver;
    },
    async settled(tenantId, { timeoutMs = 30_000 } = {}) {
      const endsAt = Date.now() + timeoutMs;
      for (;;) {
        const messages = await committed(tenantId);
        const waiting = waitingOf(messages);
        if (waiting.length === 0) return attemptsOf(messages);
        if (Date.now() > endsAt) {
          throw new Error(`After ${timeoutMs / 1000} s these deliveries still wait: ${waiting.join(", ")}`);
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    },
    close: async () => void (await Promise.all(listening.splice(0).map((server) => server.close()))),
  };
}

/** Reads the mailbox beside an API, over HTTP. */
function mailboxAt(url: string, { token, ...options }: ClientOptions): TestMailbox {
  const ask = options.fetch ?? fetch;
  const get = async <T>(path = ""): Promise<T> => {
    const address = `${url.replace(/\/+$/, "")}/ui/dev/mailbox${path}`;
    const response = await ask(address, { headers: { authorization: `Bearer ${token}` } });
    if (response.ok) return (await response.json()) as T;
    throw new Error(
      `${address} answered ${response.status}. The Worker needs ENVIRONMENT=development, the dashboard and an operator's token.`,
    );
  };
  return new TestMailbox({
    list: async () => (await get<Emails>()).data,
    read: ({ id }) => get<TestEmail>(`/${id}`),
  });
}

function waitingOf(messages: readonly Message[]): string[] {
  return messages.flatMap(({ id, eventType, deliveries }) =>
    deliveries
      .filter(({ settledAt }) => settledAt === null)
      .map(({ endpointId, dueAt }) => `${eventType} (${id}) to ${endpointId}, due at ${dueAt}`),
  );
}

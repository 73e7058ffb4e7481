import type { Envelope } from "../channels/email/provider.ts";
import { untilAborted } from "../channels/until-aborted.ts";
import type { Message } from "../client/client.ts";
import { type Insides, insidesOf } from "../insides.ts";
import type { Operations } from "../library/operations.ts";
import type { MailboxEntry } from "../mailbox/answers.ts";
import { entryOf, readEmail } from "../mailbox/read-email.ts";
import { Memory } from "../memory.ts";
import type { OutboxEnv } from "../outbox-env.ts";
import { systemRandom } from "../platform/clock.ts";
import { ConfigError } from "../platform/errors.ts";
import { attemptsOf, type MadeAttempts, readCommitted } from "./committed.ts";
import { deliverDue } from "./deliver-due.ts";
import { EmailBox } from "./email-box.ts";
import { EndpointReceiver, type NewReceiver } from "./endpoint-receiver.ts";
import type { FetchHandler } from "./receiver.ts";
import { TestClock } from "./test-clock.ts";
import { TestMailbox } from "./test-mailbox.ts";

/** The parts of `createOutbox`'s result that a test needs. */
export interface OutboxUnderTest<Env> {
  (env: Env): Operations;
  queue(batch: MessageBatch, env: Env): Promise<void>;
}

/** Attempts of one delivering, and the next due instant. */
export interface Delivered extends MadeAttempts {
  /** Due instant of the tenant's next delivery, in ISO 8601 and UTC; null when nothing waits. */
  nextAt: string | null;
}

/** An app's outbox under the control of a test. */
export interface TestOutbox {
  /** Takes the e-mails, in place of the app's provider. */
  emails: EmailBox;
  /** Reads the e-mails that `emails` took, with their links and headers. */
  mailbox: TestMailbox<SentEmail>;
  /** The outbox's time. */
  readonly now: Date;
  /**
   * Creates an endpoint for webhooks, and its receiver. Creates a missing tenant, too.
   * @param endpoint fields of the endpoint, as `{ eventTypes: ["order.placed"] }`. Defaults to all event types
   * @throws {OutboxError} as `outbox(env).endpoints.create` does
   */
  receiver(tenantId: string, endpoint?: NewReceiver): Promise<EndpointReceiver>;
  /** Routes webhooks for exactly this URL to a fetch handler: a `Receiver`, or another Worker with its inbox. */
  route(url: string, handler: FetchHandler): void;
  /** Reads all messages of a tenant, in commit order, each with its payload, its deliveries and their attempts. */
  committed(tenantId: string): Promise<Message[]>;
  /**
   * Delivers every due delivery and all that follow from them, until nothing of the tenant is due.
   * @throws {Error} when it does not come to an end
   */
  deliver(tenantId: string): Promise<Delivered>;
  /**
   * Delivers, moves the clock to the instant at which more is due, and delivers again, until nothing of the tenant waits.
   * @throws {Error} when it does not come to an end
   */
  settle(tenantId: string): Promise<Delivered>;
  /** Moves the outbox's clock forward. `Date` in the app's own code does not move. */
  advance(seconds: number): void;
}

/** Limit of moves of the clock in one settling. The longest schedule of retries has 30. */
const MOVES = 1_000;

/**
 * Hands an app's outbox to a test that runs in the app's isolate, as `@cloudflare/vitest-plugin` runs it. Commits still
 * go to D1, but the outbox wakes no relay, uses no queue and sends nothing by itself. `deliver` makes every due
 * delivery at once, in a fixed order, with the code of the relay, the consumer and the handlers. Retries come exactly
 * at the instants of their schedule. Each call of `testOutbox` begins anew: with the system's time, without receivers,
 * and without memory of an emptied database.
 * @param outbox the result of `createOutbox`
 * @param env the bindings of the test, with `ENVIRONMENT` set to `development`
 * @throws {ConfigError} where `ENVIRONMENT` is not `development`, or for another value than an outbox
 *
 * @example
 * const testing = testOutbox(outbox, env);
 * const receiver = await testing.receiver("acme");
 * await exports.default.fetch("https://shop.test/orders", { method: "POST", body: '{"id":"1001"}' });
 * const { sent } = await testing.deliver("acme");
 * expect(sent).toHaveLength(1);
 * expect(receiver.received).toMatchObject([{ body: { type: "order.placed", data: { id: "1001" } } }]);
 */
export function testOutbox<Env extends OutboxEnv>(outbox: OutboxUnderTest<Env>, env: Env): TestOutbox {
  const insides = requireInsides(outbox, env);
  const clock = new TestClock();
  const emails = new EmailBox();
  const routes = new Map<string, FetchHandler>();
  insides.memory = new Memory(insides.memory.payloadSchemas);
  insides.surroundings = {
    clock,
    random: { ...systemRandom, fraction: WITHOUT_JITTER },
    fetch: networkOf(routes),
    email: () => emails,
    wakesRelays: false,
  };

  const committed = (tenantId: string) => {
    const { messages } = outbox(env);
    return readCommitted({
      list: (cursor) => messages.list(tenantId, { limit: 100, ...(cursor !== undefined && { cursor }) }),
      get: (messageId) => messages.get(tenantId, messageId),
    });
  };

  /** Delivers due deliveries, repeatedly while `goOn` answers true. */
  const deliverWhile = async (tenantId: string, goOn: (nextAt: number) => boolean): Promise<Delivered> => {
    const before = await committed(tenantId);
    const consume = (batch: MessageBatch) => outbox.queue(batch, env);
    const deliver = () => deliverDue(insides.drainTools(env), consume, tenantId);
    let nextAt = await deliver();
    while (nextAt !== undefined && goOn(nextAt)) nextAt = await deliver();
    const made = attemptsOf(await committed(tenantId), before);
    return { ...made, nextAt: nextAt === undefined ? null : new Date(nextAt).toISOString() };
  };

  const route = (url: string, handler: FetchHandler) => void routes.set(new URL(url).href, handler);

  return {
    emails,
    mailbox: mailboxOf(emails, clock),
    get now() {
      return new Date(clock.now());
    },
    async receiver(tenantId, endpoint) {
      const { tenants, endpoints } = outbox(env);
      await tenants.create({ id: tenantId });
      const url = `https://receiver-${routes.size + 1}.example.com/`;
      const made = await endpoints.create(tenantId, { url, ...endpoint, channel: "webhook" });
      const receiver = new EndpointReceiver(made, clock.now);
      route(made.url ?? url, receiver);
      return receiver;
    },
    route,
    committed,
    deliver: (tenantId) => deliverWhile(tenantId, () => false),
    settle: (tenantId) => {
      let moves = 0;
      return deliverWhile(tenantId, (nextAt) => {
        if (++moves > MOVES) throw new Error(`The tenant "${tenantId}" still waits after ${MOVES} moves`);
        clock.advance(nextAt - clock.now());
        return true;
      });
    },
    advance: (seconds) => clock.advance(seconds * 1000),
  };
}

/** An e-mail of the box, by which it is read. */
interface SentEmail extends MailboxEntry {
  envelope: Envelope;
}

/** Reads the e-mails of a box, as they would have been sent now. */
function mailboxOf(emails: EmailBox, clock: TestClock): TestMailbox<SentEmail> {
  const kept = (id: string) => ({
    id,
    at: clock.now(),
    play: "accepted" as const,
    reason: null,
    leftOut: [],
  });
  return new TestMailbox({
    list: async () =>
      emails.sent
        .map((email, n) => {
          const envelope: Envelope = { attempt: 1, committedAt: clock.now(), ...email };
          return { ...entryOf(envelope, kept(`eml_${n + 1}`)), envelope };
        })
        .toReversed(),
    read: ({ id, envelope }) => readEmail(envelope, kept(id)),
  });
}

/** The middle of the jitter, so that waits do not vary. */
const WITHOUT_JITTER = () => 0.5;

function requireInsides<Env extends OutboxEnv>(outbox: OutboxUnderTest<Env>, env: Env): Insides<Env> {
  if (env.ENVIRONMENT?.toLowerCase() !== "development") {
    throw new ConfigError(
      "testOutbox needs the setting ENVIRONMENT to be development, which a deployed Worker must not have. Set it among the bindings of your tests.",
    );
  }
  const insides = insidesOf<Env>(outbox);
  if (insides) return insides;
  throw new ConfigError(
    "testOutbox takes the result of createOutbox, from the same copy of edge-outbox, and not outbox(env).",
  );
}

/** A network of only the hosts that were given a URL. */
function networkOf(routes: ReadonlyMap<string, FetchHandler>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input as RequestInfo, init);
    const handler = routes.get(request.url);
    if (!handler) {
      throw new Error(`No receiver is at ${request.url} in this test. Add one with receiver() or route()`);
    }
    return untilAborted(request.signal, async () => handler.fetch(request));
  };
}

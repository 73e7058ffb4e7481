import type { Dispatch, Reply } from "../../src/channels/channel.ts";
import { giveUp, retryAt } from "../../src/channels/handler/answer.ts";
import { handlerChannel } from "../../src/channels/handler/handler.ts";
import type { Statement } from "../../src/db/database.ts";
import { handlerEndpointId, type KnownHandlers } from "../../src/domain/handlers.ts";
import type { Effects } from "../../src/outbox/effects.ts";
import { event, type MessageInput, work } from "../../src/outbox/message.ts";
import { OWN_WORDS } from "../support/faults/d1-words.ts";
import type { Process } from "./process.ts";
import { SeededRandom } from "./random.ts";
import type { SimEndpoint } from "./sim-endpoint.ts";
import { LEASE_MS, type SimWorld, TIMEOUT_MS } from "./sim-world.ts";

/** Work is for these; the first two are subscribers as well. */
const REGISTERED = ["project", "audit", "charge"];
/** Who commits still knows it, and no consumer does, as when a Worker is deployed without it. */
export const RETIRED = "retired";
export const HANDLERS = [...REGISTERED, RETIRED];
/** A message that a handler gives is handled too, and so on; not deeper than this. */
const DEPTH = 2;

const KNOWN: KnownHandlers = {
  names: new Set(HANDLERS),
  forWork: new Set(HANDLERS),
  subscribedTo: (eventType) => ({ a: ["project"], b: ["audit"] })[eventType] ?? [],
};

/** What the newer version has added. */
const ADDED = "charge";
const OLD: KnownHandlers = {
  names: new Set(HANDLERS.filter((name) => name !== ADDED)),
  forWork: new Set(HANDLERS.filter((name) => name !== ADDED)),
  subscribedTo: (eventType) => ({ a: ["project"], b: [] })[eventType] ?? [],
};

/** What a call of a handler comes to. `unusable`: D1, or the outbox, will not take what it gives to commit. */
type Intent = "nothing" | "effects" | "unusable" | "throws" | "retries" | "gives up";

/** One call of a handler, as it knows of it itself. */
export interface Call {
  /** What it gives to commit carries this. */
  id: string;
  tenantId: string;
  messageId: string;
  sequence: number;
  handler: string;
  attempt: number;
  /** By the clock of the consumer: the attempt that is put on record has the same. */
  startedAt: number;
  at: number;
  intent: Intent;
  /** How many messages it gives to commit. */
  messages: number;
  /** Undefined until it has answered; late: it had been given up on. */
  answered?: "in time" | "late";
}

/** Functions have no account. */
function noDesk(): never {
  throw new Error("No account is asked here");
}

/** The app's own functions: they give rows and messages to commit, fail, ask to be called later, give up, or take too long. */
export class SimHandlers {
  readonly calls: Call[] = [];
  readonly random: SeededRandom;
  readonly #world: SimWorld;

  /** @param here whether there are any: a world without draws nothing else by it */
  constructor(world: SimWorld, seed: number) {
    this.#world = world;
    this.random = new SeededRandom(seed ^ 0x2545f491);
  }

  /** Which of them a process has: in an older version of the Worker there are fewer. */
  knownTo(process: Process): KnownHandlers {
    return this.#world.isOld(process) ? OLD : KNOWN;
  }

  /** The real channel, with these functions. */
  deliver(process: Process, dispatch: Dispatch, signal: AbortSignal): Promise<Reply> {
    const run = () => this.#run(process, dispatch, signal);
    const { names } = this.knownTo(process);
    const registered = new Map(REGISTERED.filter((name) => names.has(name)).map((name) => [name, run]));
    const { tenantId } = dispatch;
    const tools = { env: undefined, tenantId, now: process.clock.now, log: () => {}, deskOf: noDesk };
    return handlerChannel(registered, tools).deliver(dispatch, signal);
  }

  async #run(process: Process, dispatch: Dispatch, signal: AbortSignal): Promise<unknown> {
    const { faults, timeline } = this.#world;
    const endpoint = this.#world.endpointOf(dispatch.tenantId, dispatch.endpoint.id);
    const hangs = endpoint.suffers("endpoint-hangs");
    const intent = this.#intentOf(endpoint);
    const messages =
      intent === "effects" && depthOf(dispatch) < DEPTH ? this.random.pick([0, 0, 0, 1, 2]) : 0;
    const call = { ...callOf(dispatch), id: `call${this.calls.length}`, at: timeline.now, intent, messages };
    this.calls.push(call);
    if (faults.isPoison(dispatch.messageId)) process.killedBy(dispatch.messageId);
    const done = !hangs && (intent === "nothing" || intent === "effects");
    await process.step("handle", () => endpoint.note(dispatch, done), this.random.between(0.2, 5));
    return process.step("handled", () => this.#answer(process, dispatch, call, signal), this.#takes(hangs));
  }

  /** Some are slow, and some go on beyond the timeout, or even their lease. */
  #takes(hangs: boolean): number {
    if (hangs) return this.random.between(TIMEOUT_MS, 1.5 * LEASE_MS);
    return this.random.chance(0.1) ? this.random.between(300, TIMEOUT_MS - 300) : this.random.between(1, 300);
  }

  #intentOf(endpoint: SimEndpoint): Intent {
    if (endpoint.suffers("endpoint-fails") || endpoint.downUntil > this.#world.timeline.now) return "throws";
    const fraction = this.random.fraction();
    if (fraction < 0.7) return "effects";
    if (fraction < 0.82) return "nothing";
    if (fraction < 0.93) return "unusable";
    return fraction < 0.98 ? "retries" : "gives up";
  }

  #answer(process: Process, dispatch: Dispatch, call: Call, signal: AbortSignal): unknown {
    call.answered = signal.aborted ? "late" : "in time";
    this.#world.timeline.note(`${call.handler} answers ${call.messageId}, ${call.id} ${call.intent}`);
    switch (call.intent) {
      case "nothing":
        return undefined;
      case "throws":
        throw new Error("The handler fails");
      case "retries":
        return retryAt(new Date(process.clock.now() + this.random.between(-1_000, 20_000)));
      case "gives up":
        return giveUp("it never will be");
      default:
        return this.#effectsOf(process, dispatch, call);
    }
  }

  /** The row that says that it was applied, a statement that needs the one before it, and one that counts. */
  #effectsOf(process: Process, dispatch: Dispatch, call: Call): Effects {
    const db = this.#world.d1.for(process);
    const { id, tenantId, messageId, sequence, handler, attempt, messages } = call;
    const writes: Statement[] = [
      db
        .prepare("INSERT INTO app_ledger VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, 'first')")
        .bind(tenantId, messageId, sequence, handler, id, attempt, messages),
      db.prepare("UPDATE app_ledger SET steps = steps || ' second' WHERE call = ?").bind(id),
      db
        .prepare(
          "INSERT INTO app_effects VALUES (?, ?, 1) ON CONFLICT (message, handler) DO UPDATE SET times = times + 1",
        )
        .bind(messageId, handler),
    ];
    const given = Array.from({ length: messages }, (_, position) =>
      this.#message(process, dispatch, { call, position }),
    );
    if (call.intent === "effects") return { writes, ...(given.length > 0 && { messages: given }) };
    if (this.random.chance(0.3)) return { writes, messages: [event("no event type!", {})] };
    if (this.#world.faults.has("own-words")) {
      const refusal = this.random.below(OWN_WORDS.length);
      return { writes: [...writes, db.prepare("INSERT INTO app_refusals (n) VALUES (?)").bind(refusal)] };
    }
    return { writes: [...writes, db.prepare("INSERT INTO app_effects VALUES (NULL, NULL, 1)")] };
  }

  #message(
    process: Process,
    dispatch: Dispatch,
    { call, position }: { call: Call; position: number },
  ): MessageInput {
    const payload = { call: call.id, position, depth: depthOf(dispatch) + 1 };
    const options = this.random.chance(0.5) ? { orderingKey: `key${this.random.below(3)}` } : {};
    return this.random.chance(0.3)
      ? event(this.random.pick(["a", "b"]), payload, options)
      : work(this.#anyName(this.knownTo(process)), payload, options);
  }

  /** Of those that a version has; seldom the retired one. */
  #anyName({ names }: KnownHandlers): string {
    return this.random.chance(0.05)
      ? RETIRED
      : this.random.pick(REGISTERED.filter((name) => names.has(name)));
  }

  /** A message that somebody commits for a handler. */
  work(payload: unknown, options: { orderingKey?: string; deliverAt?: Date }): MessageInput {
    return work(this.#anyName(KNOWN), payload, options);
  }
}

/** Which of them a message goes to, by each of the versions that may have committed it. */
export function handlersFor({
  event_type,
  endpoint_ids,
}: {
  event_type: string;
  endpoint_ids: string | null;
}): string[][] {
  if (endpoint_ids !== null) return [JSON.parse(endpoint_ids)];
  return [KNOWN, OLD].map(({ subscribedTo }) => subscribedTo(event_type).map(handlerEndpointId));
}

function callOf({ tenantId, messageId, sequence, attempt, sentAt, endpoint }: Dispatch) {
  return { tenantId, messageId, sequence, attempt, handler: endpoint.target, startedAt: sentAt };
}

function depthOf({ payload }: Dispatch): number {
  return JSON.parse(payload).depth ?? 0;
}

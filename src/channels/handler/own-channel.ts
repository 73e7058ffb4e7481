/** Channels of the app's own. Whoever has none bundles nothing of this. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AccountName, Leave } from "../../domain/email-account.ts";
import { limits } from "../../platform/limits.ts";
import { schemaChecked } from "../../platform/schema-checked.ts";
import type { Applicant, Dispatch, Reply } from "../channel.ts";
import { answerOf, checkedReply, tell, withoutGone } from "../email/answers.ts";
import type { DeskOf } from "../email/email.ts";
import { addressOf, repetitionKey } from "../email/envelope.ts";

/** The message's surroundings, for a provider. */
export interface ChannelCall {
  tenantId: string;
  /** Id of the message, `msg_…`. */
  messageId: string;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** Identical at every attempt, so that a provider can drop repetitions. Another one after a person has replayed an accepted message. */
  idempotencyKey: string;
  /** Aborts when the attempt's time is up. A later answer does not count. */
  signal: AbortSignal;
}

/** Sends contents through an account, and tells passing errors from permanent ones. */
export interface ChannelProvider<Content> {
  /** Account that all of them go through; channels may share one by its name. Defaults to one of the channel alone. */
  readonly account?: AccountName;
  /**
   * Time for which it drops repetitions of an `idempotencyKey`, in seconds. 0: it knows no keys, and an attempt without an answer is
   * told as `uncertain`. Undefined: nobody knows.
   */
  readonly idempotencySeconds?: number;
  /**
   * Sends one. `{ kind: "accepted", id }` means that the other side has taken it; `temporary` and `permanent` make refusals. One of
   * the `scope` `account` holds back all that go through the account, and a refusal with `httpStatus` 429 uses up no attempt. A
   * thrown error is a temporary failure.
   */
  send(content: Content, call: ChannelCall): Promise<Reply>;
}

interface Tools<Env> {
  env: Env;
  tenantId: string;
  deskOf: DeskOf;
}

/** A channel of the app's own, as `channel` makes it. */
export interface OwnChannel<Env, Content> {
  /**
   * Answers the content as its schema makes it.
   * @throws {OutboxError} `invalid_input`, naming each field under `path`
   */
  readonly check: (content: Content, path: string) => Promise<unknown>;
  /** Asks the account for leave to send. Undefined: there is no account to ask, of which the attempt tells. */
  readonly admit: (applicant: Applicant, tools: Tools<Env>) => Promise<Leave | undefined>;
  readonly deliver: (dispatch: Dispatch, signal: AbortSignal, tools: Tools<Env>) => Promise<Reply>;
}

/**
 * Makes a channel of the app's own, as for SMS or push: `createOutbox({ channels: { sms: channel(…) } })`. `work("sms", content)`
 * commits a message to it, which has the retries, the order, the breaker and the trace of any other.
 *
 * @param options.schema checks each content before it is committed, and may change it: a schema of any library that follows
 * Standard Schema. The content that it makes is committed, as JSON
 * @param options.provider provider of a tenant; asked at each attempt
 *
 * @example
 * const push = channel({
 *   schema: z.object({ token: z.string(), title: z.string().max(100) }),
 *   provider: (env: OutboxEnv & { PUSH_KEY: string }) => ({
 *     async send({ token, title }, { idempotencyKey, signal }) {
 *       const headers = { authorization: env.PUSH_KEY, "idempotency-key": idempotencyKey };
 *       const body = JSON.stringify({ token, title });
 *       const response = await fetch("https://push.example/messages", { method: "POST", headers, body, signal });
 *       const { status: httpStatus, ok } = response;
 *       if (!ok) return temporary("push_refused", { httpStatus, excerpt: await response.text() });
 *       return { kind: "accepted", id: response.headers.get("x-id") ?? "", httpStatus, excerpt: null };
 *     },
 *   }),
 * });
 */
export function channel<Env, Content, Input = Content>({
  schema,
  provider,
}: {
  schema: StandardSchemaV1<Input, Content>;
  provider: (env: Env, tenantId: string) => ChannelProvider<Content>;
}): OwnChannel<Env, Input> {
  const open = (name: string, { env, tenantId, deskOf }: Tools<Env>) => {
    const made = provider(env, tenantId);
    return { made, desk: deskOf(made.account ?? { name }) };
  };
  return {
    check: (content, path) => schemaChecked(schema, content, path),

    // Its endpoint stands where e-mails have a sender.
    async admit({ endpointId, payload: _, ...asking }, tools) {
      try {
        const { desk } = open(endpointId, tools);
        return await desk.ask({ ...asking, sender: addressOf(endpointId) });
      } catch {
        return undefined;
      }
    },

    async deliver(dispatch, signal, tools) {
      const { tenantId, messageId, attempt, endpoint } = dispatch;
      const { made, desk } = open(endpoint.id, tools);
      const content = JSON.parse(dispatch.payload);
      const call = { tenantId, messageId, attempt, idempotencyKey: repetitionKey(dispatch), signal };
      const reply = await answerOf(made, signal, () => made.send(content, call));
      return tell(desk, endpoint.id, withoutGone(whole(checkedReply(reply))), false);
    },
  };
}

/**
 * A provider may leave out what it does not have: the id under which a message was taken stands with its attempt, and a refusal
 * is of the message alone if it is for good, of the provider otherwise.
 */
function whole(reply: Reply): Reply {
  const { httpStatus = null, excerpt = null } = reply;
  const cut = (text: string | null) => text?.slice(0, limits.excerptLength) ?? null;
  if (reply.kind === "accepted") return { ...reply, httpStatus, excerpt: cut(excerpt ?? reply.id ?? null) };
  const { retryAfterMs, scope = reply.kind === "temporary" ? "provider" : "message" } = reply;
  return { ...reply, httpStatus, excerpt: cut(excerpt), retryAfterMs: retryAfterMs || null, scope };
}

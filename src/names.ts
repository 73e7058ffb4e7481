/** Types of an app's names: the payload of each event type and of each work, the content of each channel. */

import type { GiveUp, Retry } from "./channels/handler/answer.ts";
import type { HandledMessage, HandlerCall } from "./channels/handler/handler.ts";
import type { OwnChannel } from "./channels/handler/own-channel.ts";
import type { CommitRequest } from "./outbox/commit.ts";
import type { Effects } from "./outbox/effects.ts";
import type { EmailMessage, EventMessage, WorkMessage } from "./outbox/message.ts";

/**
 * The app's event types, its work and the contents of its own channels, each a map from name to payload. A map that is left out
 * is not checked, but none of its work is there if it has channels alone.
 *
 * @example
 * interface Shop {
 *   events: { "order.placed": Order };
 *   work: { "charge-card": { orderId: string } };
 * }
 * const outbox = createOutbox<OutboxEnv, Shop>();
 */
export interface Names {
  events?: object;
  work?: object;
  channels?: object;
}

type EventsOf<N extends Names> = N extends { events: infer Events extends object }
  ? Events
  : Record<string, unknown>;
type WorkOf<N extends Names> = N extends { work: infer Work extends object }
  ? Work
  : N extends { channels: object }
    ? object
    : Record<string, unknown>;
/** Contents of channels; none where they are not named. */
type ContentsOf<N extends Names> = N extends { channels: infer Contents extends object } ? Contents : object;
type Named<Map extends object> = keyof Map & string;

/** A message that an app may commit. */
export type MessageOf<N extends Names> =
  | { [Type in Named<EventsOf<N>>]: EventMessage<Type, EventsOf<N>[Type]> }[Named<EventsOf<N>>]
  | { [Name in Named<WorkOf<N>>]: WorkMessage<Name, WorkOf<N>[Name]> }[Named<WorkOf<N>>]
  | { [Name in Named<ContentsOf<N>>]: WorkMessage<Name, ContentsOf<N>[Name]> }[Named<ContentsOf<N>>]
  | EmailMessage;

/** An event that a subscriber receives. `message.eventType` determines the type of its payload. */
export type HandledEvent<N extends Names> = {
  [Type in Named<EventsOf<N>>]: HandledMessage<Type, EventsOf<N>[Type]>;
}[Named<EventsOf<N>>];

/**
 * The request of `outbox(env).commit`, its messages typed by the names of the app's events and work.
 *
 * @example
 * await outbox(env).commit("acme", {
 *   idempotencyKey: `order-${order.id}`,
 *   writes: [env.DB.prepare("INSERT INTO orders (id, total) VALUES (?, ?)").bind(order.id, order.total)],
 *   messages: [event("order.placed", order, { orderingKey: order.id })],
 * });
 */
export type CommitRequestOf<N extends Names> = Omit<CommitRequest, "messages"> & {
  /** From 1 to 100 messages, in commit order. */
  messages: readonly MessageOf<N>[];
};

/**
 * Return value of a handler. Nothing: success. `{ writes, messages }`: success, and these effects are committed in the
 * batch that records it, so that they happen exactly once. `retryAt(…)`, `retryIn(…)`: call it again then. `giveUp(…)`:
 * never call it again.
 */
export type HandlerAnswer<N extends Names> =
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement has this type
  | void
  | (Omit<Effects, "messages"> & { messages?: readonly MessageOf<N>[] })
  | Retry
  | GiveUp;

/**
 * The app's own function, called by the consumer at least once for each message, one attempt at a time. A thrown error
 * fails the attempt, which is retried by the schedule.
 *
 * @example
 * const chargeCard: Handler<HandledMessage<"work", { orderId: string }>, OutboxEnv & { DB: D1Database }, Names> = async ({
 *   message,
 *   env,
 * }) => {
 *   const { orderId } = message.payload;
 *   return { writes: [env.DB.prepare("UPDATE orders SET charged = 1 WHERE id = ?").bind(orderId)] };
 * };
 */
export type Handler<Message, Env, N extends Names> = (
  call: HandlerCall<Message, Env>,
) => HandlerAnswer<N> | Promise<HandlerAnswer<N>>;

/** A handler for each name of the app's work. */
export type HandlersOf<Env, N extends Names> = {
  [Name in Named<WorkOf<N>>]: Handler<HandledMessage<"work", WorkOf<N>[Name]>, Env, N>;
};

/** A channel for each name of the app's channels. */
export type ChannelsOf<Env, N extends Names> = N extends { channels: infer Contents extends object }
  ? { [Name in Named<Contents>]: OwnChannel<Env, Contents[Name]> }
  : Readonly<Record<string, OwnChannel<Env, never>>>;

/** A handler called for events. */
export interface Subscriber<Env, N extends Names> {
  /** Event types to call it for, compared exactly. */
  on: readonly Named<EventsOf<N>>[];
  handle: Handler<HandledEvent<N>, Env, N>;
}

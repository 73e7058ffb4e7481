import { handlerOfEndpoint } from "../../domain/handlers.ts";
import { limits } from "../../platform/limits.ts";
import { describeError, framesOf, type Log } from "../../platform/log.ts";
import { type Channel, type Dispatch, HANDLER_UNKNOWN, temporary } from "../channel.ts";
import type { DeskOf } from "../email/email.ts";
import { refusalOf, untilAborted } from "../until-aborted.ts";
import { replyTo } from "./answer.ts";
import type { OwnChannel } from "./own-channel.ts";

/** Message that a handler receives. */
export interface HandledMessage<Type extends string = string, Payload = unknown> {
  /** Id of the message, `msg_…`. Identical at every attempt, so it can serve as an idempotency key. */
  id: string;
  /** Position in the tenant's sequence. */
  sequence: number;
  tenantId: string;
  /** Event type of the message; `work` for messages made by `work()`. */
  eventType: Type;
  payload: Payload;
  orderingKey: string | null;
  /** ISO 8601 in UTC. */
  committedAt: string;
  /** W3C trace context to pass on to services that the handler calls; null when none came with the message. */
  traceparent: string | null;
  /** W3C trace state to pass on with `traceparent`; null when none came with the message. */
  tracestate: string | null;
}

/** Argument of a handler. */
export interface HandlerCall<Message, Env> {
  message: Message;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** Aborts when the attempt's time is up. A later answer does not count. */
  signal: AbortSignal;
  env: Env;
}

/** An app's function as the channel runs it, without the app's own types. */
export type Run = (call: HandlerCall<HandledMessage, unknown>) => unknown;

/** A channel of the app's own, without the app's own types. */
export type AnyOwnChannel = OwnChannel<unknown, unknown>;

/** Whatever carries out work: a function, or a channel of the app's own. */
export type Carrier = Run | AnyOwnChannel;

interface HandlerTools {
  env: unknown;
  tenantId: string;
  now: () => number;
  log: Log;
  deskOf: DeskOf;
}

/** Runs the app's own functions and channels, by name. A thrown error is a temporary failure. */
export function handlerChannel(carriers: ReadonlyMap<string, Carrier>, tools: HandlerTools): Channel {
  const channelOf = (name = "") => {
    const carrier = carriers.get(name);
    return typeof carrier === "object" ? carrier : undefined;
  };
  const hasChannels = [...carriers.keys()].some(channelOf);
  return {
    ...(hasChannels && {
      admit: async (asking) => channelOf(handlerOfEndpoint(asking.endpointId))?.admit(asking, tools),
    }),

    async deliver(dispatch, signal) {
      const name = dispatch.endpoint.target;
      const carrier = carriers.get(name);
      if (!carrier) {
        const known = [...carriers.keys()].toSorted().join(", ") || "none";
        const excerpt = `There is no handler "${name}". Registered are: ${known}`;
        return temporary(HANDLER_UNKNOWN, { excerpt });
      }
      try {
        if (typeof carrier === "object") return await carrier.deliver(dispatch, signal, tools);
        const answer = await untilAborted(signal, async () => carrier(callFor(dispatch, signal, tools.env)));
        return replyTo(answer, tools.now());
      } catch (error) {
        const refusal = refusalOf(error, signal);
        if (refusal) return refusal;
        const { tenantId: tenant, messageId: message, attempt } = dispatch;
        const said = describeError(error);
        tools.log("handler.threw", {
          tenant,
          handler: name,
          message,
          attempt,
          error: said,
          stack: framesOf(error),
        });
        return temporary("handler_threw", { excerpt: said.slice(0, limits.errorLength) });
      }
    },
  };
}

function callFor(
  dispatch: Dispatch,
  signal: AbortSignal,
  env: unknown,
): HandlerCall<HandledMessage, unknown> {
  const { messageId: id, sequence, tenantId, eventType, orderingKey, traceparent, tracestate } = dispatch;
  const payload: unknown = JSON.parse(dispatch.payload);
  const committedAt = new Date(dispatch.committedAt).toISOString();
  const message = {
    id,
    sequence,
    tenantId,
    eventType,
    payload,
    orderingKey,
    committedAt,
    traceparent,
    tracestate,
  };
  return { message, attempt: dispatch.attempt, signal, env };
}

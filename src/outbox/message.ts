import * as z from "zod";
import { type EmailContent, type EmailInput, emailContent } from "../domain/email-content.ts";
import { DIRECT_EMAIL_TYPE, eventTypeName, WORK_TYPE } from "../domain/event-type.ts";
import { handlerEndpointId, handlerName } from "../domain/handlers.ts";
import { DIRECT_EMAIL_ENDPOINT, newNonce } from "../domain/ids.ts";
import { instantInput, NOT_AN_INSTANT } from "../domain/instant.ts";
import { isSystemEvent } from "../domain/system-events.ts";
import { checked, joinPath } from "../platform/check.ts";
import type { Random } from "../platform/clock.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import { parseExact } from "../platform/exact-json.ts";
import { leftOut, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { parseMailbox } from "../platform/mailbox-address.ts";
import { scanJson } from "../platform/scan-json.ts";
import { writeJson } from "../platform/write-json.ts";
import type { Draft, DraftFile } from "./draft.ts";
import { type Room, roomBeside, splitEmail } from "./split-email.ts";

export type { Draft, DraftFile } from "./draft.ts";

/** Instant as JSON text, which has no dates. */
export const deliverAtText = instantInput.transform((at) => new Date(at));
const aDate = z.custom<Date>((at) => at instanceof Date && !Number.isNaN(at.getTime()));
const deliverAt = z.union([aDate, deliverAtText], { error: NOT_AN_INSTANT });

export const messageInput = z.strictObject({
  eventType: eventTypeName.refine((name) => !isSystemEvent(name), {
    error: "is a system event, which only the outbox sends; choose another name",
  }),
  payload: z.unknown().refine((value) => value !== undefined, { error: "is required: any JSON value" }),
  orderingKey: leftOut(wellFormed(z.string().min(1).max(limits.orderingKeyLength))),
  deliverAt: leftOut(deliverAt),
  endpointIds: leftOut(z.array(wellFormed(z.string())).min(1).max(limits.targetsPerMessage)),
});

/** A message that fits `messageInput`. */
export type CheckedMessage = z.output<typeof messageInput>;

/** A message to commit, as the API takes it. `event`, `email` and `work` make messages. */
export type MessageInput = Omit<z.input<typeof messageInput>, "payload"> & { payload: unknown };

/** Message that tells a fact, typed by its event type and its payload. */
export type EventMessage<Type extends string, Payload> = MessageInput & { eventType: Type; payload: Payload };

/** Message that sends a direct e-mail. */
export type EmailMessage = MessageInput & {
  eventType: typeof DIRECT_EMAIL_TYPE;
  endpointIds: [typeof DIRECT_EMAIL_ENDPOINT];
};

/** Message that orders work of a handler. */
export type WorkMessage<Name extends string, Payload> = MessageInput & {
  eventType: typeof WORK_TYPE;
  endpointIds: [`ep_handler_${Name}`];
  payload: Payload;
};

type Options<Name extends keyof MessageInput> = Pick<MessageInput, Name>;

/**
 * Makes a message that tells a fact to every endpoint that subscribes to its event type.
 *
 * @example
 * event("order.placed", { id: "1001", total: 42 }, { orderingKey: "1001" });
 */
export function event<const Type extends string, Payload>(
  eventType: Type,
  payload: Payload,
  options: Options<"orderingKey" | "deliverAt" | "endpointIds"> = {},
): EventMessage<Type, Payload> {
  return { ...options, eventType, payload };
}

/**
 * Makes a message that sends an e-mail to each recipient in `to`, or one to all of them with `together`. E-mails with an equal
 * ordering key go out in commit order, each by itself.
 * @throws {OutboxError} `invalid_input`, naming the field.
 *
 * @example
 * email({ to: "Ada <ada@example.com>", subject: "Your order", text: "We have it." });
 */
export function email(content: EmailInput, options: Options<"orderingKey" | "deliverAt"> = {}): EmailMessage {
  return { ...options, ...emailOf(checked(emailContent, content)) };
}

/** An e-mail message with checked content. */
export function emailOf(payload: EmailContent) {
  return {
    eventType: DIRECT_EMAIL_TYPE,
    payload,
    endpointIds: [DIRECT_EMAIL_ENDPOINT],
  } satisfies EmailMessage;
}

/**
 * Makes a message that orders work of the named handler alone. Work with an equal ordering key is carried out in commit
 * order.
 * @throws {OutboxError} `invalid_input` for a malformed name.
 *
 * @example
 * work("charge-card", { orderId: "1001" });
 */
export function work<const Name extends string, Payload>(
  name: Name,
  payload: Payload,
  options: Options<"orderingKey" | "deliverAt"> = {},
): WorkMessage<Name, Payload> {
  checked(handlerName, name, "handler");
  return { ...options, eventType: WORK_TYPE, payload, endpointIds: [handlerEndpointId(name)] };
}

/** Checks messages and gives them their stored form. Errors name them `messages[n]`. */
export function draftMessages(inputs: unknown, now: number, random: Random): Draft[] {
  const batch = z.array(z.unknown()).min(1).max(limits.messagesPerCommit);
  const list = checked(batch, inputs, "messages");
  const drafting = { now, random, room: roomBeside(list.length) };
  return list.flatMap((input, position) => {
    const path = pathInList(position);
    return draftChecked(checked(messageInput, input, path), path, drafting);
  });
}

export function pathInList(position: number): string {
  return `messages[${position}]`;
}

interface Drafting {
  now: number;
  random: Random;
  /** Defaults to that of a commit of this message alone. */
  room?: Room;
  /** Path of the payload in the request. Defaults to `payload` in the message. */
  payloadPath?: string | undefined;
}

/** Gives a checked message its stored form; an e-mail to several, one for each recipient. */
export function draftChecked(
  message: CheckedMessage,
  path: string,
  { now, random, room = roomBeside(1), payloadPath = joinPath(path, ["payload"]) }: Drafting,
): Draft[] {
  const isEmail = message.endpointIds?.includes(DIRECT_EMAIL_ENDPOINT) === true;
  const payload = serialize(message.payload, payloadPath, isEmail);
  // Any other payload would be a dead letter.
  const email = isEmail ? checked(emailContent, parseExact(payload), payloadPath) : undefined;
  if (message.deliverAt && email?.expiresAt && Date.parse(email.expiresAt) <= message.deliverAt.getTime())
    throw invalid(
      joinPath(payloadPath, ["expiresAt"]),
      "must be after deliverAt, before which it is not sent",
    );
  const draft = {
    path,
    payloadPath,
    eventType: message.eventType,
    payload,
    orderingKey: message.orderingKey ?? null,
    deliverAt: message.deliverAt ? scheduled(message.deliverAt, now, joinPath(path, ["deliverAt"])) : null,
    endpointIds: message.endpointIds ? [...new Set(message.endpointIds)] : null,
    sender: email?.from === undefined ? null : senderAddress(email.from),
    files: keptFilesIn(email, payloadPath),
    topic: email?.topic,
    sensitive: email?.sensitive,
  };
  const parts = email ? splitEmail(draft, email, room) : [{ payload }];
  return parts.map((part) => ({ ...draft, ...part, nonce: newNonce(random) }));
}

function keptFilesIn(email: EmailContent | undefined, path: string): DraftFile[] | undefined {
  const kept = email?.attachments?.flatMap(({ r2, sha256 }, place) =>
    r2 === undefined ? [] : { path: joinPath(path, ["attachments", place]), place, r2, sha256 },
  );
  return kept?.length ? kept : undefined;
}

/** Address by which senders are told apart. */
function senderAddress(from: string): string {
  return (parseMailbox(from)?.email ?? from).toLowerCase();
}

/**
 * Writes the sender into an e-mail that names none, so that each attempt sends the same bytes under its key, whatever the
 * settings are by then. It is no part of what an idempotency key stands for.
 */
export function withSender(draft: Draft, emailFrom: string | undefined): Draft {
  const { endpointIds, payload, sender } = draft;
  if (emailFrom === undefined || !endpointIds?.includes(DIRECT_EMAIL_ENDPOINT)) return draft;
  if (sender !== null) return sender === senderAddress(emailFrom) ? { ...draft, sender: null } : draft;
  const isNull = (parseExact(payload) as { from?: unknown }).from === null;
  const others = isNull ? JSON.stringify({ ...JSON.parse(payload), from: undefined }) : payload;
  return { ...draft, payload: `${others.slice(0, -1)},"from":${JSON.stringify(emailFrom)}}` };
}

/** A payload as JSON, within its bounds. */
export function serialize(payload: unknown, path: string, isEmail = false): string {
  refusePromise(payload, path);
  const json = writeJson(payload, path);
  refuseKind(payload, json, path);
  refuseShape(json, path);
  const bytes = new TextEncoder().encode(json).length;
  if (bytes > limits.payloadBytes) {
    const remedy = isEmail
      ? "keep its files in R2, and name them by r2"
      : "store it elsewhere and send a reference";
    const message = `is ${bytes} bytes of JSON, and ${limits.payloadBytes} is the limit; ${remedy}`;
    throw new OutboxError({ code: "payload_too_large", fields: [{ path, message }] });
  }
  return json;
}

function refusePromise(payload: unknown, path: string): void {
  const isPromise = typeof (payload as { then?: unknown } | null)?.then === "function";
  if (isPromise) throw invalid(path, "is a promise, which JSON cannot hold; await it first");
}

/**
 * Refuses a Map, a Set or a Response, of which JSON would keep nothing, and bytes, which would become an object of
 * numbers.
 */
function refuseKind(payload: unknown, json: string, path: string): void {
  const kind = Object.prototype.toString.call(payload).slice("[object ".length, -1);
  const isLost = (json === "{}" && kind !== "Object") || ArrayBuffer.isView(payload);
  if (isLost)
    throw invalid(path, `is of the kind ${kind}, which JSON does not have; give an array or an object`);
}

/** Depth without the message, which surrounds the payload in the body of a request. */
const PAYLOAD_DEPTH = limits.jsonDepth - 1;

/** The bounds of the API's bodies, so that the message can be read back. */
function refuseShape(json: string, path: string): void {
  const { depth, values } = scanJson(json);
  if (depth > PAYLOAD_DEPTH)
    throw invalid(path, `is nested more than ${PAYLOAD_DEPTH} levels deep; flatten it`);
  if (values > limits.jsonValues) {
    const message = `has ${values} values and keys, and ${limits.jsonValues} is the limit; store it elsewhere and send a reference`;
    throw new OutboxError({ code: "payload_too_large", fields: [{ path, message }] });
  }
}

function scheduled(instant: Date, now: number, path: string): number {
  const at = instant.getTime();
  if (at > now + limits.deliverAtAheadMs)
    throw invalid(path, "is more than a year ahead; choose an earlier instant");
  return at;
}

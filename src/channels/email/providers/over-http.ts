/// <reference path="../../../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";
import { UNCERTAIN } from "../../../domain/email-status.ts";
import { limits } from "../../../platform/limits.ts";
import { PLATFORM_LIMIT, type Refusal, type RefusalScope, type Reply, temporary } from "../../channel.ts";
import { networkRefusal } from "../../network-error.ts";
import { excerptOf, readBeginning, retryAfterMs } from "../../read-response.ts";
import type { EmailBatching, EmailProvider, Envelope, SharedEmails } from "../provider.ts";
import { refusedFor } from "./refused.ts";

export interface HttpTools {
  fetch: typeof fetch;
  now: () => number;
  /** Lets it send several e-mails at once. Undefined: it sends one at a time. */
  inBatches?: (batch: EmailBatching) => SharedEmails;
}

/** Request that hands an e-mail over. */
interface HandOver {
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer>;
}

/** Answer of a provider. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** Fields of a JSON object; none of half a body, or of a page of a proxy. */
  fields: Readonly<Record<string, unknown>>;
}

/** Refusal as a provider's protocol reads it. */
export interface Judged {
  scope: RefusalScope;
  /** Name or code that the provider gives the error. Undefined: it gives none. */
  error?: string | undefined;
  /** True: it only asks for patience, and the delivery uses up no attempt. */
  asksToWait?: boolean;
  /** Explanation of one e-mail's refusal among several. */
  words?: string;
  /** Wait for which it asks by other means than `Retry-After`: a header's value, as that has it. */
  resetsAt?: string | null;
}

/** One provider's protocol. Its functions are pure. */
interface HttpProtocol {
  name: string;
  /** Without a slash at its end. */
  baseUrl: string;
  /** Key of the account, which is told from others by it. */
  apiKey: string;
  /** Other texts that no excerpt may have. */
  secrets?: readonly string[];
  perSecond?: number;
  /** Time for which it drops repetitions of an e-mail's key; 0 if it knows no keys. */
  idempotencySeconds: number;
  toRequest(envelope: Envelope): HandOver | Promise<HandOver>;
  /** Id of an e-mail that was taken. */
  idIn(answer: HttpAnswer): unknown;
  judge(answer: HttpAnswer): Judged;
  /** Requests a second that the account may make. */
  rateIn?(headers: Headers): number | undefined;
  /** Several e-mails in one request. Undefined: it takes one at a time. */
  batch?: BatchProtocol;
}

interface BatchProtocol {
  most: number;
  toRequest(envelopes: readonly Envelope[], idempotencyKey: string): HandOver;
  /** Outcome of each e-mail of an answer of success, in order; undefined if it does not tell. */
  outcomesIn(answer: HttpAnswer, count: number): readonly ({ id: string } | Judged)[] | undefined;
}

/** Names of errors are told in the log, where nothing else of an answer is. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Failures before anything was sent; and those that mostly are, as the runtime does not tell. */
const UNSENT = new Set([PLATFORM_LIMIT, "dns", "refused"]);
const MOSTLY_UNSENT = new Set(["tls", "unreachable"]);

/** Sends e-mails by a provider's protocol over HTTP. */
export function httpProvider({ fetch, now, inBatches }: HttpTools, protocol: HttpProtocol): EmailProvider {
  const { name, baseUrl, apiKey, perSecond, idempotencySeconds, batch } = protocol;
  const secrets = [apiKey, ...(protocol.secrets ?? [])];
  return {
    account: { name: `${name}-${fingerprintOf(baseUrl, apiKey)}`, perSecond },
    idempotencySeconds,
    send: (envelope, signal) =>
      exchange<Reply>(
        () => protocol.toRequest(envelope),
        (response) => replyFrom(response, protocol, { secrets, now }),
        signal,
      ),
    batch:
      batch &&
      inBatches?.({
        most: batch.most,
        send: (envelopes, key, signal) =>
          exchange<readonly Reply[] | Refusal>(
            () => batch.toRequest(envelopes, key),
            (response) => repliesFrom(response, protocol, { secrets, now, envelopes }),
            signal,
          ),
      }),
  };

  async function exchange<R>(
    toRequest: () => HandOver | Promise<HandOver>,
    read: (response: Response) => Promise<R>,
    signal: AbortSignal,
  ): Promise<R | Refusal> {
    try {
      const { path, headers, body } = await toRequest();
      const response = await fetch(`${baseUrl}${path}`, {
        method: "POST",
        headers: { "user-agent": "edge-outbox", ...headers },
        body,
        redirect: "manual",
        signal,
      });
      return await read(response);
    } catch (error) {
      const refusal = networkRefusal(error, secrets);
      if (UNSENT.has(refusal.error)) return { ...refusal, unsent: true };
      const isKnown = idempotencySeconds > 0 || MOSTLY_UNSENT.has(refusal.error);
      return isKnown ? refusal : { ...refusal, error: UNCERTAIN };
    }
  }
}

/** Another key is another account: one that is repaired does not wait for the former one. */
export function fingerprintOf(baseUrl: string, apiKey: string): string {
  return createHash("sha256").update(`${baseUrl} ${apiKey}`).digest("hex").slice(0, 12);
}

/** An e-mail is accepted with its id only: a proxy answers 200 too, and half an answer may be one of either kind. */
async function replyFrom(
  response: Response,
  protocol: HttpProtocol,
  { secrets, now }: Reading,
): Promise<Reply> {
  const { answer, excerpt, perSecond } = await readAnswer(response, protocol, secrets, limits.responseBytes);
  const { status: httpStatus } = response;
  if (!response.ok) return refusalFrom(protocol.judge(answer), { answer, excerpt, perSecond, now });
  const id = protocol.idIn(answer);
  return typeof id === "string" && id !== ""
    ? { kind: "accepted", id, httpStatus, excerpt: excerpt ?? id, perSecond }
    : temporary(UNCERTAIN, { httpStatus, excerpt });
}

async function repliesFrom(
  response: Response,
  protocol: HttpProtocol,
  { secrets, now, envelopes }: Reading & { envelopes: readonly Envelope[] },
): Promise<readonly Reply[] | Refusal> {
  const most = limits.batchAnswerBytes;
  const { answer, excerpt, perSecond } = await readAnswer(response, protocol, secrets, most);
  const { status: httpStatus } = response;
  if (!response.ok) return refusalFrom(protocol.judge(answer), { answer, excerpt, perSecond, now });
  const outcomes = protocol.batch?.outcomesIn(answer, envelopes.length);
  if (!outcomes) return temporary(UNCERTAIN, { httpStatus, excerpt });
  return outcomes.map((outcome) =>
    "id" in outcome
      ? { kind: "accepted", id: outcome.id, httpStatus, excerpt: outcome.id, perSecond }
      : refusalFrom(outcome, {
          answer,
          excerpt: excerptOf(outcome.words ?? "", secrets),
          perSecond,
          now,
        }),
  );
}

interface Reading {
  secrets: readonly string[];
  now: () => number;
}

async function readAnswer(
  response: Response,
  protocol: HttpProtocol,
  secrets: readonly string[],
  most: number,
) {
  const { status, headers } = response;
  const { text, whole } = await readBeginning(response, most);
  const answer: HttpAnswer = { status, headers, text, fields: whole ? fieldsIn(text) : {} };
  const excerpt = text === "" ? null : excerptOf(text, secrets);
  return { answer, excerpt, perSecond: protocol.rateIn?.(headers) };
}

interface Refused {
  answer: HttpAnswer;
  excerpt: string | null;
  perSecond: number | undefined;
  now: () => number;
}

function refusalFrom(
  { scope, error = "", asksToWait = false, resetsAt = null }: Judged,
  { answer: { status: httpStatus, headers }, excerpt, perSecond, now }: Refused,
): Refusal {
  const asked = retryAfterMs(headers.get("retry-after") ?? (asksToWait ? resetsAt : null), now());
  return refusedFor(scope, NAME.exec(error)?.[0] ?? "http_status", {
    httpStatus,
    excerpt,
    perSecond,
    retryAfterMs: asked,
    ...(asksToWait && { spares: true }),
  });
}

function fieldsIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

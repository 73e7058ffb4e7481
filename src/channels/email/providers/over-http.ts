/// <reference path="../../../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";
import { limits } from "../../../platform/limits.ts";
import { PLATFORM_LIMIT, type RefusalScope, type Reply, temporary, UNCERTAIN } from "../../channel.ts";
import { networkRefusal } from "../../network-error.ts";
import { excerptOf, readBeginning, retryAfterMs } from "../../read-response.ts";
import type { EmailProvider, Envelope } from "../email.ts";
import { growingWaitMs, refusedFor } from "./refused.ts";

export interface HttpTools {
  fetch: typeof fetch;
  now: () => number;
}

/** Request that hands an e-mail over. */
interface HandOver {
  path: string;
  headers: Record<string, string>;
  body: string;
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
}

/** Names of errors are told in the log, where nothing else of an answer is. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Failures before anything was sent. */
const UNSENT = new Set([PLATFORM_LIMIT, "dns", "refused", "tls", "unreachable"]);

/** Sends e-mails by a provider's protocol over HTTP. */
export function httpProvider({ fetch, now }: HttpTools, protocol: HttpProtocol): EmailProvider {
  const { name, baseUrl, apiKey, perSecond, idempotencySeconds } = protocol;
  const secrets = [apiKey, ...(protocol.secrets ?? [])];
  return {
    account: { name: `${name}-${fingerprintOf(baseUrl, apiKey)}`, perSecond },
    idempotencySeconds,
    async send(envelope, signal) {
      try {
        const { path, headers, body } = await protocol.toRequest(envelope);
        const response = await fetch(`${baseUrl}${path}`, {
          method: "POST",
          headers: { "user-agent": "edge-outbox", ...headers },
          body,
          redirect: "manual",
          signal,
        });
        return await replyFrom(response, protocol, { secrets, now, attempt: envelope.attempt });
      } catch (error) {
        const refusal = networkRefusal(error, secrets);
        const isKnown = idempotencySeconds > 0 || UNSENT.has(refusal.error);
        return isKnown ? refusal : { ...refusal, error: UNCERTAIN };
      }
    },
  };
}

/** Another key is another account: one that is repaired does not wait for the former one. */
export function fingerprintOf(baseUrl: string, apiKey: string): string {
  return createHash("sha256").update(`${baseUrl} ${apiKey}`).digest("hex").slice(0, 12);
}

/** An e-mail is accepted with its id only: a proxy answers 200 too, and half an answer may be one of either kind. */
async function replyFrom(
  response: Response,
  protocol: HttpProtocol,
  { secrets, now, attempt }: { secrets: readonly string[]; now: () => number; attempt: number },
): Promise<Reply> {
  const { status: httpStatus, headers } = response;
  const { text, whole } = await readBeginning(response, limits.responseBytes);
  const excerpt = text === "" ? null : excerptOf(text, secrets);
  const answer = { status: httpStatus, headers, text, fields: whole ? fieldsIn(text) : {} };
  const perSecond = protocol.rateIn?.(headers);
  if (response.ok) {
    const id = protocol.idIn(answer);
    return typeof id === "string" && id !== ""
      ? { kind: "accepted", id, httpStatus, excerpt: excerpt ?? id, perSecond }
      : temporary(UNCERTAIN, { httpStatus, excerpt });
  }
  const { scope, error = "", asksToWait = false, resetsAt = null } = protocol.judge(answer);
  const asked = retryAfterMs(headers.get("retry-after") ?? (asksToWait ? resetsAt : null), now());
  return refusedFor(scope, NAME.exec(error)?.[0] ?? "http_status", {
    httpStatus,
    excerpt,
    perSecond,
    retryAfterMs: asked,
    ...(asksToWait && { spares: true, retryAfterMs: asked ?? growingWaitMs(attempt) }),
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

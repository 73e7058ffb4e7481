import { isChat } from "../../domain/states.ts";
import { problemType } from "../../platform/errors.ts";
import { limits } from "../../platform/limits.ts";
import type { Channel, Dispatch, Reply } from "../channel.ts";
import { permanent, SECRET_UNAVAILABLE, TIMEOUT, temporary } from "../channel.ts";
import { networkRefusal } from "../network-error.ts";
import { excerptOf, readExcerpt, retryAfterMs } from "../read-response.ts";
import { helpfulHeaders } from "../response-headers.ts";
import { bodyOf } from "./body.ts";
import { chatBodyOf } from "./chat.ts";
import { readChatAnswer } from "./chat-answer.ts";
import type { CheckName } from "./look-up.ts";
import { signedHeaders } from "./sign.ts";
import { readTarget, type TargetRules } from "./target-url.ts";

interface WebhookTools extends TargetRules {
  fetch: typeof fetch;
  /** Looks the name up before it is called. Undefined: no look-up. */
  checkName: CheckName | undefined;
  /** Address of the dashboard, without a slash at its end, to which messages in chats link. Undefined: they link nowhere. */
  dashboardUrl?: string | undefined;
  /** Ends the reading of an acceptance's body. Defaults to the time itself. */
  timeout?: (ms: number) => AbortSignal;
}

/** Sends the payload, in the format of the endpoint, to the endpoint's URL: with Standard Webhooks headers, or to a chat without. */
export function webhookChannel(tools: WebhookTools): Channel {
  const { timeout = (ms: number) => AbortSignal.timeout(ms) } = tools;
  return {
    async deliver(dispatch, signal) {
      const url = urlOf(dispatch);
      if (url === undefined) return temporary(SECRET_UNAVAILABLE);
      const target = readTarget(url, tools);
      if (target.refused !== undefined) return permanent("target_refused", `The URL ${target.refused}`);
      const refusal = target.name === undefined ? undefined : await tools.checkName?.(target.name, signal);
      if (refusal) return refusal;
      try {
        const response = await tools.fetch(target.url.href, await requestFor(dispatch, tools, signal));
        // An acceptance stands by its headers: a body that does not end holds up nobody for long.
        const until = response.ok ? timeout(limits.acceptedBodyMs) : signal;
        const body = await readExcerpt(response, secretsIn(dispatch), until);
        return replyFrom(response, body, target.url, dispatch);
      } catch (error) {
        return networkRefusal(error, secretsIn(dispatch));
      }
    },
  };
}

/** The secret of a chat is its URL. Undefined: there is no secret, and nothing is sent unsigned. */
function urlOf({ endpoint: { payloadFormat, secrets, target } }: Dispatch): string | undefined {
  const [secret] = secrets;
  return isChat(payloadFormat) ? secret : secret && target;
}

async function requestFor(
  dispatch: Dispatch,
  tools: WebhookTools,
  signal: AbortSignal,
): Promise<RequestInit> {
  const { headers, secretHeaders } = dispatch.endpoint;
  const { headers: own, body } = await contentOf(dispatch, tools);
  return {
    method: "POST",
    headers: {
      ...headers,
      ...secretHeaders,
      "content-type": "application/json",
      "user-agent": "edge-outbox",
      ...own,
    },
    body,
    redirect: "manual",
    signal,
  };
}

/** A chat verifies nothing, and needs no trace of ours. */
async function contentOf(dispatch: Dispatch, { dashboardUrl }: WebhookTools) {
  const { endpoint, eventType, traceparent, tracestate, tenantId, messageId } = dispatch;
  if (isChat(endpoint.payloadFormat)) {
    const link = dashboardUrl && `${dashboardUrl}/ui/t/${encodeURIComponent(tenantId)}/m/${messageId}`;
    return { body: chatBodyOf(endpoint.payloadFormat, dispatch, link) };
  }
  const body = bodyOf(dispatch);
  const headers = {
    "webhook-event-type": eventType,
    ...(traceparent && { traceparent }),
    ...(tracestate && { tracestate }),
    ...(await signedHeaders(dispatch, body)),
  };
  return { headers, body };
}

function secretsIn({ endpoint: { payloadFormat, secrets, secretHeaders } }: Dispatch): string[] {
  const own = isChat(payloadFormat) ? secrets.flatMap(partsOf) : secrets;
  return [...own, ...Object.values(secretHeaders ?? {})];
}

/** Length of a part of a chat's URL that nobody guesses; shorter ones are words and ids. */
const SECRET_LENGTH = 16;

/** Parts of a chat's URL that are secret. */
function partsOf(secret: string): string[] {
  const { pathname, search, searchParams } = new URL(secret);
  const parts = [...pathname.split("/"), ...searchParams.values()].filter(
    ({ length }) => length >= SECRET_LENGTH,
  );
  return parts.length > 0 ? parts : [pathname + search];
}

/**
 * Reads the answer as https://www.standardwebhooks.com/ asks; 520 to 530 come from Cloudflare, not from the endpoint.
 */
function replyFrom(response: Response, body: string | null, url: URL, dispatch: Dispatch): Reply {
  const httpStatus = response.status;
  const headers = helpfulHeaders(response, secretsIn(dispatch));
  const { payloadFormat: format } = dispatch.endpoint;
  const told = isChat(format) ? readChatAnswer(format, response, body, dispatch.sentAt) : undefined;
  if (response.ok && !told) return { kind: "accepted", httpStatus, excerpt: body, headers };
  const excerpt = redirection(response, url, secretsIn(dispatch)) ?? body;
  if (told) return { httpStatus, excerpt, retryAfterMs: null, headers, ...told };
  if (httpStatus === 410) {
    return { kind: "gone", error: "gone", httpStatus, excerpt, retryAfterMs: null, headers };
  }
  if (httpStatus === 508 && isOfOutbox(body)) {
    return { kind: "permanent", error: LOOP, httpStatus, excerpt, retryAfterMs: null, headers };
  }
  const wait = retryAfterMs(response.headers.get("retry-after"), dispatch.sentAt);
  return temporary(errorClass(httpStatus), { httpStatus, excerpt, retryAfterMs: wait, headers });
}

/** Error class of a webhook that an outbox's API refused: this outbox, or another that would send it back. */
const LOOP = "loop_detected";

/** Tells an outbox's refusal from the 508 of an overloaded host, which is temporary. */
function isOfOutbox(body: string | null): boolean {
  try {
    return JSON.parse(body ?? "").type === problemType(LOOP);
  } catch {
    return false;
  }
}

/** Target of a redirect, without its query, which can hold secrets. The body would tell no more. */
function redirection(
  { status, headers }: Response,
  from: URL,
  secrets: readonly string[],
): string | undefined {
  const location = headers.get("location");
  if (errorClass(status) !== "redirect" || location === null) return undefined;
  const [path = ""] = location.split(/[?#]/);
  const to = URL.canParse(path, from) ? new URL(path, from) : undefined;
  return excerptOf(`Redirects to ${to ? `${to.protocol}//${to.host}${to.pathname}` : path}`, secrets);
}

function errorClass(httpStatus: number): string {
  if (httpStatus >= 300 && httpStatus < 400) return "redirect";
  if (httpStatus === 530) return "dns";
  if (httpStatus === 522 || httpStatus === 524) return TIMEOUT;
  if (httpStatus === 525 || httpStatus === 526) return "tls";
  if (httpStatus >= 520 && httpStatus < 530) return "network";
  return "http_status";
}

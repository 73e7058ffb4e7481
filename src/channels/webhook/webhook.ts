import { isChat } from "../../domain/states.ts";
import { problemType } from "../../platform/errors.ts";
import { limits } from "../../platform/limits.ts";
import type { Channel, Dispatch, Reply } from "../channel.ts";
import { CHAT_UNKNOWN, permanent, SECRET_UNAVAILABLE, TIMEOUT, temporary } from "../channel.ts";
import { networkRefusal } from "../network-error.ts";
import { excerptOf, readExcerpt, retryAfterMs } from "../read-response.ts";
import { helpfulHeaders } from "../response-headers.ts";
import { bodyOf } from "./body.ts";
import type { Chats } from "./chats.ts";
import type { Told, WebhookForm } from "./form.ts";
import type { CheckName } from "./look-up.ts";
import { signedHeaders } from "./sign.ts";
import { readTarget, type TargetRules } from "./target-url.ts";

interface WebhookTools extends TargetRules {
  fetch: typeof fetch;
  /** Looks the name up before it is called. Undefined: no look-up. */
  checkName: CheckName | undefined;
  /** Undefined: nothing is sent to chats. */
  chats?: Chats | undefined;
  /** Address of the dashboard, without a slash at its end, to which messages in chats link. Undefined: they link nowhere. */
  dashboardUrl?: string | undefined;
  /** Ends the reading of an acceptance's body. Defaults to the time itself. */
  timeout?: (ms: number) => AbortSignal;
}

/** Sends the payload, in the format of the endpoint, to the endpoint's URL: with Standard Webhooks headers, or to a chat without. */
export function webhookChannel(tools: WebhookTools): Channel {
  return {
    async deliver(dispatch, signal) {
      const { payloadFormat } = dispatch.endpoint;
      const form = isChat(payloadFormat) ? tools.chats : SIGNED;
      if (!form) return temporary(CHAT_UNKNOWN, NO_CHATS);
      const url = form.urlOf(dispatch.endpoint);
      if (url === undefined) return temporary(SECRET_UNAVAILABLE);
      const target = readTarget(url, tools);
      if (target.refused !== undefined) return permanent("target_refused", `The URL ${target.refused}`);
      const refusal = target.name === undefined ? undefined : await tools.checkName?.(target.name, signal);
      return refusal ?? (await post(tools, dispatch, { form, url: target.url, signal }));
    },
  };
}

async function post(
  { fetch, dashboardUrl, timeout = (ms) => AbortSignal.timeout(ms) }: WebhookTools,
  dispatch: Dispatch,
  { form, url, signal }: { form: WebhookForm; url: URL; signal: AbortSignal },
): Promise<Reply> {
  const { endpoint, sentAt } = dispatch;
  const secrets = [...form.secretsOf(endpoint), ...Object.values(endpoint.secretHeaders ?? {})];
  try {
    const content = await form.contentOf(dispatch, dashboardUrl);
    const response = await fetch(url.href, requestFor(endpoint, content, signal));
    // An acceptance stands by its headers: a body that does not end holds up nobody for long.
    const body = await readExcerpt(response, secrets, response.ok ? timeout(limits.acceptedBodyMs) : signal);
    const told = form.readAnswer?.(dispatch, response, body);
    return replyFrom(response, body, { told, from: url, secrets, sentAt });
  } catch (error) {
    return networkRefusal(error, secrets);
  }
}

const NO_CHATS = { excerpt: "needs the option chats of createOutbox" };

const SIGNED: WebhookForm = {
  urlOf: ({ secrets: [secret], target }) => secret && target,
  secretsOf: ({ secrets }) => secrets,
  async contentOf(dispatch) {
    const { eventType, traceparent, tracestate } = dispatch;
    const body = bodyOf(dispatch);
    const headers = {
      "webhook-event-type": eventType,
      ...(traceparent && { traceparent }),
      ...(tracestate && { tracestate }),
      ...(await signedHeaders(dispatch, body)),
    };
    return { headers, body };
  },
};

function requestFor(
  { headers, secretHeaders }: Dispatch["endpoint"],
  content: Awaited<ReturnType<WebhookForm["contentOf"]>>,
  signal: AbortSignal,
): RequestInit {
  return {
    method: "POST",
    headers: {
      ...headers,
      ...secretHeaders,
      "content-type": "application/json",
      "user-agent": "edge-outbox",
      ...content.headers,
    },
    body: content.body,
    redirect: "manual",
    signal,
  };
}

interface Answered {
  told: Told | undefined;
  from: URL;
  secrets: readonly string[];
  sentAt: number;
}

/**
 * Reads the answer as https://www.standardwebhooks.com/ asks; 520 to 530 come from Cloudflare, not from the endpoint.
 */
function replyFrom(
  response: Response,
  body: string | null,
  { told, from, secrets, sentAt }: Answered,
): Reply {
  const httpStatus = response.status;
  const headers = helpfulHeaders(response, secrets);
  if (response.ok && !told) return { kind: "accepted", httpStatus, excerpt: body, headers };
  const excerpt = redirection(response, from, secrets) ?? body;
  if (told) return { httpStatus, excerpt, retryAfterMs: null, headers, ...told };
  if (httpStatus === 410) {
    return { kind: "gone", error: "gone", httpStatus, excerpt, retryAfterMs: null, headers };
  }
  if (httpStatus === 508 && isOfOutbox(body)) {
    return { kind: "permanent", error: LOOP, httpStatus, excerpt, retryAfterMs: null, headers };
  }
  const wait = retryAfterMs(response.headers.get("retry-after"), sentAt);
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

import type { Channel, Dispatch, Reply } from "../channel.ts";
import { permanent, SECRET_UNAVAILABLE, temporary } from "../channel.ts";
import { networkRefusal } from "../network-error.ts";
import { readExcerpt, retryAfterMs } from "../read-response.ts";
import type { CheckName } from "./look-up.ts";
import { signedHeaders } from "./sign.ts";
import { readTarget, type TargetRules } from "./target-url.ts";

export interface WebhookTools extends TargetRules {
  fetch: typeof fetch;
  /** Looks the name up before it is called. Undefined: no look-up. */
  checkName: CheckName | undefined;
}

/** Sends the payload to the endpoint's URL with Standard Webhooks headers. */
export function webhookChannel(tools: WebhookTools): Channel {
  return {
    async deliver(dispatch, signal) {
      const target = readTarget(dispatch.endpoint.target, tools);
      if (target.refused !== undefined) return permanent("target_refused", `The URL ${target.refused}`);
      if (dispatch.endpoint.secrets.length === 0) return temporary(SECRET_UNAVAILABLE);
      const refusal = target.name === undefined ? undefined : await tools.checkName?.(target.name, signal);
      if (refusal) return refusal;
      try {
        const response = await tools.fetch(target.url.href, requestFor(dispatch, signal));
        return await replyFrom(response, dispatch.sentAt, secretsIn(dispatch));
      } catch (error) {
        return networkRefusal(error, secretsIn(dispatch));
      }
    },
  };
}

function requestFor(dispatch: Dispatch, signal: AbortSignal): RequestInit {
  return {
    method: "POST",
    headers: {
      ...dispatch.endpoint.headers,
      ...dispatch.endpoint.secretHeaders,
      "content-type": "application/json",
      "user-agent": "edge-outbox",
      "webhook-event-type": dispatch.eventType,
      ...(dispatch.traceparent && { traceparent: dispatch.traceparent }),
      ...signedHeaders(dispatch),
    },
    body: dispatch.payload,
    redirect: "manual",
    signal,
  };
}

function secretsIn({ endpoint }: Dispatch): string[] {
  return [...endpoint.secrets, ...Object.values(endpoint.secretHeaders ?? {})];
}

/** Reads the answer as https://www.standardwebhooks.com/ has it; 520 to 530 are Cloudflare's own, not the endpoint's. */
async function replyFrom(response: Response, now: number, secrets: readonly string[]): Promise<Reply> {
  const httpStatus = response.status;
  if (response.ok) {
    // It has said yes: what becomes of the rest of the body changes nothing.
    const excerpt = await readExcerpt(response, secrets).catch(() => null);
    return { kind: "accepted", httpStatus, excerpt };
  }
  const retryAfter = retryAfterMs(response.headers.get("retry-after"), now);
  const excerpt = await readExcerpt(response, secrets).catch(() => null);
  if (httpStatus === 410) {
    return { kind: "refused", verdict: "gone", error: "gone", httpStatus, excerpt, retryAfterMs: null };
  }
  return temporary(errorClass(httpStatus), { httpStatus, excerpt, retryAfterMs: retryAfter });
}

function errorClass(httpStatus: number): string {
  if (httpStatus >= 300 && httpStatus < 400) return "redirect";
  if (httpStatus === 530) return "dns";
  if (httpStatus === 522 || httpStatus === 524) return "timeout";
  if (httpStatus === 525 || httpStatus === 526) return "tls";
  if (httpStatus >= 520 && httpStatus < 530) return "network";
  return "http_status";
}

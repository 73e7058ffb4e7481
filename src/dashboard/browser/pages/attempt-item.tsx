import { isChat } from "../parts/chat.ts";
import { type Attempt, explained, type Message, resultOf } from "../parts/delivery.ts";
import type { Endpoint } from "../parts/endpoints.ts";
import { duration, exact, visible } from "../parts/format.ts";
import { Outcome } from "../parts/marks.tsx";
import { w } from "../words/words.ts";

interface Props {
  message: Message;
  attempt: Attempt;
  endpoint: Endpoint | undefined;
  channel: string;
  isUnfolded: boolean;
  /** True: it was made because somebody replayed the delivery. */
  isReplay?: boolean;
}

/** An attempt: its line, and behind it the request and the answer. */
export function AttemptItem({ message, attempt, endpoint, channel, isUnfolded, isReplay = false }: Props) {
  const { number, startedAt, durationMs, outcome, error, target, responseHeaders, responseExcerpt } = attempt;
  const since = Date.parse(startedAt) - Date.parse(message.committedAt);
  const request =
    channel === "webhook"
      ? [`POST ${target ?? ""}`, ...headerLines(requestHeaders(message, attempt, endpoint))].join("\n")
      : target;
  const answer = [
    attempt.httpStatus === null ? (responseHeaders ? "" : w.message.noAnswer) : `HTTP ${attempt.httpStatus}`,
    ...headerLines(responseHeaders ?? {}),
  ];
  return (
    <li>
      <details open={isUnfolded}>
        <summary>
          <span class="number">{number}</span>
          <Outcome outcome={outcome} />
          {(attempt.httpStatus !== null || error) && <strong>{visible(resultOf(attempt))}</strong>}
          <span>{duration(durationMs)}</span>
          <span class="small" title={exact(Date.parse(startedAt))}>
            {w.message.afterCommit(duration(since))}
            {isReplay && ` · ${w.message.afterReplay}`}
          </span>
        </summary>
        <div class="stack">
          {error && <p>{[visible(error), explained(error)].filter(Boolean).join(": ")}</p>}
          <div class="columns">
            {request && (
              <div>
                <h3>{w.message.request}</h3>
                <pre>{visible(request)}</pre>
                {endpoint?.headers && <p class="small">{w.message.asOfNow}</p>}
              </div>
            )}
            <div>
              <h3>{w.message.response}</h3>
              <pre>{visible(answer.filter(Boolean).join("\n"))}</pre>
              {responseExcerpt && (
                <>
                  <h3>{w.message.excerpt}</h3>
                  <pre>{visible(responseExcerpt)}</pre>
                </>
              )}
            </div>
          </div>
        </div>
      </details>
    </li>
  );
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** Headers as the attempt sent them, as far as they are on record or follow from it. */
function requestHeaders(message: Message, { startedAt }: Attempt, endpoint: Endpoint | undefined) {
  const [version, trace, , flags] = message.traceparent?.split("-") ?? [];
  const sealed = (endpoint?.secretHeaders ?? []).map((name) => [name, `(${w.message.sealed})`]);
  const always = { "content-type": "application/json", "user-agent": "edge-outbox" };
  const own = { ...endpoint?.headers, ...Object.fromEntries(sealed) };
  if (isChat(endpoint?.payloadFormat ?? null)) return { ...always, ...own };
  return {
    ...always,
    "webhook-id": message.id,
    "webhook-timestamp": String(Math.floor(Date.parse(startedAt) / 1000)),
    "webhook-signature": `v1,… (${w.message.signed})`,
    "webhook-event-type": message.eventType,
    ...(trace && { traceparent: `${version}-${trace}-…-${flags}` }),
    ...(message.tracestate && { tracestate: message.tracestate }),
    ...own,
  };
}

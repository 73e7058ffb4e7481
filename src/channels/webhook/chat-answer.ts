import type { Chat } from "../../domain/states.ts";
import { retryAfterMs } from "../read-response.ts";
import type { Told } from "./form.ts";

type Answer = Pick<Response, "ok" | "status" | "headers">;

/**
 * Refusal that a chat's answer tells, where the status alone does not tell it. Undefined: it means what any webhook's means.
 * @param body beginning of the answer; null for an empty one
 * @param now instant of the attempt, in milliseconds
 */
export function readChatAnswer(
  chat: Chat,
  answer: Answer,
  body: string | null,
  now: number,
): Told | undefined {
  return READERS[chat](answer, body ?? "", now);
}

const READERS: Readonly<Record<Chat, (answer: Answer, body: string, now: number) => Told | undefined>> = {
  slack: readSlack,
  discord: readDiscord,
  teams: readTeams,
};

const GONE = "gone";
const PERMANENT = "permanent";
const TEMPORARY = "temporary";

/** https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks (2026-11-30); later ones as Slack's SDKs list them. */
const SLACK_KINDS: ReadonlyMap<string, Told["kind"]> = new Map([
  ["invalid_payload", PERMANENT],
  ["invalid_blocks", PERMANENT],
  ["no_text", PERMANENT],
  ["channel_not_found", GONE],
  ["channel_is_archived", GONE],
  ["no_service", GONE],
  ["no_service_id", GONE],
  ["no_active_hooks", GONE],
  ["no_team", GONE],
  ["team_disabled", GONE],
  // An administrator can do something about these.
  ["user_not_found", TEMPORARY],
  ["action_prohibited", TEMPORARY],
  ["posting_to_general_channel_denied", TEMPORARY],
  ["rollup_error", TEMPORARY],
  ["rate_limited", TEMPORARY],
]);

/** One word, in plain text. An unknown one is no error class: whoever answers would choose what the outbox takes for its own. */
function readSlack({ ok, status, headers }: Answer, body: string, now: number): Told | undefined {
  const word = body.trim();
  const known = SLACK_KINDS.get(word);
  if (ok || known === undefined) return undefined;
  const kind = status === 410 ? GONE : known;
  return { kind, error: word, retryAfterMs: retryAfterMs(headers.get("retry-after"), now) };
}

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes (2026-11-30). */
const DISCORD_CODES: ReadonlyMap<string, Told> = new Map([
  ["10015", { kind: GONE, error: "unknown_webhook" }],
  ["50027", { kind: GONE, error: "invalid_webhook_token" }],
  ["50006", { kind: PERMANENT, error: "empty_message" }],
  ["50035", { kind: PERMANENT, error: "invalid_form_body" }],
]);

const TOO_MANY_REQUESTS = 429;

/**
 * The header of a route's limit is always in seconds; `retry_after` was in milliseconds in the API's versions before 8, to which
 * addresses without a version may lead: https://docs.discord.com/developers/topics/rate-limits (2026-11-30).
 */
function readDiscord({ ok, status, headers }: Answer, body: string, now: number): Told | undefined {
  if (ok) return undefined;
  if (status !== TOO_MANY_REQUESTS) return DISCORD_CODES.get(/"code"\s*:\s*(\d+)/.exec(body)?.[1] ?? "");
  const ofRoute = /"global"\s*:\s*true/.test(body) ? null : headers.get("x-ratelimit-reset-after");
  const inBody = /"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(body)?.[1];
  const seconds = ofRoute ?? inBody ?? headers.get("retry-after");
  return { kind: "temporary", error: "http_status", retryAfterMs: retryAfterMs(seconds, now) };
}

/**
 * A refusal by Teams that comes in the body of a 200, as
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using (2026-11-30) has it under
 * "Rate limiting for connectors": "… returned HTTP error 429".
 */
function readTeams({ ok, headers }: Answer, body: string, now: number): Told | undefined {
  const status = ok ? /HTTP error (\d{3})\b/.exec(body)?.[1] : undefined;
  if (status === undefined) return undefined;
  return {
    kind: status === "413" ? PERMANENT : "temporary",
    error: "http_status",
    httpStatus: Number(status),
    retryAfterMs: retryAfterMs(headers.get("retry-after"), now),
  };
}

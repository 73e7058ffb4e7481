import type { Answer } from "../api.ts";
import { language, w } from "../words/words.ts";
import { count, duration, relative } from "./format.ts";

export type Message = Answer<"/v1/tenants/{tenant}/messages/{message}">;
export type Delivery = Message["deliveries"][number];
export type Attempt = Delivery["attempts"][number];
type Result = Pick<Attempt, "httpStatus" | "error">;

/** Result of an attempt in a word: the HTTP status, else the class of the error. */
export function resultOf({ httpStatus, error }: Result): string {
  return httpStatus === null ? (error ?? w.outcomes.delivered) : String(httpStatus);
}

/** Class of an error in a sentence; undefined: it is not known. */
export function explained(error: string | null): string | undefined {
  const known = error?.startsWith("E_") ? "email_binding" : error;
  return w.errors[known as keyof typeof w.errors];
}

/** Reason why a delivery ended, in words. */
export function reasonOf({ reason, error }: { reason: string | null; error: string | null }): string {
  if (reason === "given_up" && error === "http_status") return w.givenUpOn;
  return w.reasons[reason as keyof typeof w.reasons] ?? reason ?? "";
}

/** Reason why a delivery with its attempts ended. */
export function endOf({ reason, attempts }: Pick<Delivery, "reason" | "attempts">): string {
  return reasonOf({ reason, error: attempts.at(-1)?.error ?? null });
}

/** What a delivery waits for, in words, with the instant at which that ends. */
export function waitOf(waiting: { waitingFor: string | null; until: string | null }, now: number): string {
  const { waitingFor, until } = waiting;
  if (waitingFor === null) return "";
  const what = w.waits[waitingFor as keyof typeof w.waits];
  if (until === null || waitingFor === "underWay") return what;
  const when = relative(Date.parse(until), now);
  return waitingFor === "retry" || waitingFor === "schedule" ? `${what} ${when}` : w.tried(what, when);
}

interface Sentence {
  text: string;
  tone: "good" | "bad" | "warn" | "plain";
}

/** How it stands with a message, in one sentence. */
export function sentenceOf(
  { deliveries, committedAt }: Pick<Message, "deliveries" | "committedAt">,
  nameOf: (endpoint: string) => string,
  now: number,
): Sentence {
  const s = w.sentence;
  const groups = Map.groupBy(deliveries, ({ waitingFor, state }) => waitingFor ?? state);
  const text = [...groups.keys()]
    .toSorted((one, other) => rankOf(one) - rankOf(other))
    .map((group) => {
      const of = groups.get(group) ?? [];
      const who = named(of.map(({ endpointId }) => nameOf(endpointId)));
      const [first] = of.toSorted((one, other) => (one.until ?? "").localeCompare(other.until ?? ""));
      if (group === "delivered") return s.delivered(count(of.length), count(deliveries.length));
      if (group === "dead") return s.dead(who, of.length) + bracketed(first && timesOf(first));
      if (group === "cancelled") return s.cancelled(who, of.length);
      if (group !== "retry" || !first?.until) return s.waits(who, first ? waitOf(first, now) : "");
      return s.retry(who, relative(Date.parse(first.until), now)) + bracketed(timesOf(first));
    })
    .join("; ");
  const tone = groups.has("dead")
    ? "bad"
    : groups.has("retry")
      ? "warn"
      : groups.get("delivered")?.length === deliveries.length && deliveries.length > 0
        ? "good"
        : "plain";
  if (tone !== "good") return { text: text || s.nobody, tone };
  const last = Math.max(...deliveries.map(({ settledAt }) => Date.parse(settledAt ?? "")));
  return { text: s.within(text, duration(last - Date.parse(committedAt))), tone };
}

const RANKS = ["delivered", "dead", "retry"];

function rankOf(group: string): number {
  const rank = RANKS.indexOf(group);
  return rank < 0 ? RANKS.length : rank;
}

function bracketed(text: string | undefined): string {
  return text ? ` (${text})` : "";
}

/** The result of the latest attempt, and how often in a row it came. */
function timesOf({ attempts }: Delivery): string | undefined {
  const last = attempts.at(-1);
  if (!last) return undefined;
  const other = attempts.findLastIndex((one) => resultOf(one) !== resultOf(last));
  return w.sentence.times(resultOf(last), attempts.length - 1 - other);
}

const NAMED = 3;

function named(names: readonly string[]): string {
  const more = names.length > NAMED ? [w.sentence.others(count(names.length - NAMED + 1))] : [];
  const shown = more.length > 0 ? names.slice(0, NAMED - 1) : names;
  return new Intl.ListFormat(language).format([...shown, ...more]);
}

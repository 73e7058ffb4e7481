/** Marks of the lanes of a timeline: what happened to a delivery, and what is planned. Pure: neither clock nor document. */

interface AttemptFacts {
  number: number;
  startedAt: string;
  durationMs: number;
  outcome: string;
}
export interface DeliveryFacts {
  state: string;
  waitingFor: string | null;
  until: string | null;
  claimedAt: string | null;
  settledAt: string | null;
  retriesLeft: readonly number[] | null;
  attempts: readonly AttemptFacts[];
}
export interface MessageFacts {
  committedAt: string;
  deliverAt: string | null;
}

/**
 * A stretch of a lane, or an instant. `wait`: not known to be held. `held`: on purpose, or behind others. `underWay`: an
 * attempt that has not ended. `planned`: an attempt to come, if all before it fail.
 */
export interface Stretch {
  kind: "wait" | "held" | "attempt" | "underWay" | "settled" | "planned";
  /** Name within its lane, which stays while the drawing is renewed. */
  key: string;
  /** Instants, in milliseconds. */
  since: number;
  until: number;
  /** It goes on at this moment. */
  isNow?: boolean;
  /** Number of the attempt, also of one to come. */
  number?: number;
  /** Outcome of the attempt, or state of the settled delivery. */
  outcome?: string;
}

/** Obstacles that hold a delivery on purpose, or behind others. */
const HOLDING: readonly (string | null)[] = [
  ...["tenantPaused", "endpointPaused", "endpointDisabled"],
  ...["blockedKey", "key", "schedule", "breaker", "rateLimit"],
];

const ms = (instant: string) => Date.parse(instant);

/** Stretches of a delivery, in order of time. */
export function stretchesOf(message: MessageFacts, delivery: DeliveryFacts, now: number): Stretch[] {
  const begin = ms(message.committedAt);
  const scheduled = scheduleOf(message, delivery, now);
  let at = scheduled?.until ?? begin;
  const attempts = delivery.attempts.flatMap(({ number, startedAt, durationMs, outcome }): Stretch[] => {
    const since = ms(startedAt);
    const wait: Stretch = { kind: "wait", key: `before-${number}`, since: at, until: since };
    at = since + durationMs;
    return [wait, { kind: "attempt", key: `attempt-${number}`, since, until: at, number, outcome }];
  });
  const last = delivery.settledAt === null ? openEnd(delivery, at, now) : end(delivery, at);
  return [...(scheduled ? [scheduled] : []), ...attempts, ...last].filter(
    ({ kind, since, until }) => until > since || !["wait", "held"].includes(kind),
  );
}

/** The time for which a message was not to be sent, if that is over. */
function scheduleOf(
  { committedAt, deliverAt }: MessageFacts,
  { attempts: [first], waitingFor, settledAt }: DeliveryFacts,
  now: number,
): Stretch | undefined {
  if (deliverAt === null || waitingFor === "schedule") return undefined;
  const over = first?.startedAt ?? settledAt;
  return {
    kind: "held",
    key: "schedule",
    since: ms(committedAt),
    until: Math.max(ms(committedAt), Math.min(ms(deliverAt), over === null ? now : ms(over))),
  };
}

function end({ settledAt, state }: DeliveryFacts, at: number): Stretch[] {
  const until = ms(settledAt ?? "");
  return [
    { kind: "wait", key: "end", since: at, until },
    { kind: "settled", key: "settled", since: until, until, outcome: state },
  ];
}

function openEnd(delivery: DeliveryFacts, at: number, now: number): Stretch[] {
  const { waitingFor, claimedAt } = delivery;
  // The clock of this machine may be behind the server's.
  const until = Math.max(now, at + 1);
  if (waitingFor !== "underWay") {
    const kind = HOLDING.includes(waitingFor) ? "held" : "wait";
    return [{ kind, key: "now", since: at, until, isNow: true }, ...plannedOf(delivery, now)];
  }
  const claimed = Math.min(Math.max(at, claimedAt === null ? at : ms(claimedAt)), until - 1);
  return [
    { kind: "wait", key: "queue", since: at, until: claimed },
    { kind: "underWay", key: "now", since: claimed, until, isNow: true },
  ];
}

/** The next attempts, each for the case that all before it fail. */
function plannedOf({ until, retriesLeft, attempts }: DeliveryFacts, now: number): Stretch[] {
  if (until === null || ms(until) <= now) return [];
  const made = attempts.at(-1)?.number ?? 0;
  let at = ms(until);
  return [0, ...(retriesLeft ?? [])].map((seconds, n) => {
    at += seconds * 1000;
    const number = made + n + 1;
    return { kind: "planned", key: `planned-${number}`, since: at, until: at, number };
  });
}

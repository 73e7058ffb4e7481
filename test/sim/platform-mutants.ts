import { type FaultKind, PLATFORM_FAULTS } from "./faults.ts";
import type { Mutant } from "./mutants.ts";

const DATABASE = "src/db/database.ts";
const WAKER = "src/outbox/waker.ts";
const RELAY = "src/relay/relay.ts";
const SWEEP = "src/upkeep/sweep.ts";

/** What it awaits may take long, and the clock that is read before that is not the one of the alarm that is set after it. */
const KEEP_THE_CLOCK: Mutant = [
  {
    file: RELAY,
    find: "  const current = await alarm.getAlarm();\n  const now = clock.now();\n",
    replace: "  const now = clock.now();\n  const current = await alarm.getAlarm();\n",
  },
];

const LOST_ALARMS = ["wake-swallowed", "alarm-vanishes", "alarm-sticks", "alarm-stalls"] as const;
/** A lease that a commit has made, and nobody serves, is found by the sweep alone. */
const LOST_HAND_OVERS = ["queue-loses", "queue-hangs", "death", "poison", "cut-off", "restore"] as const;

/** A bug, and the faults without which nobody would notice. */
export interface PlatformMutant {
  onlyBy: readonly FaultKind[];
  patches: Mutant;
}

/** Bugs about what a platform does that mostly works. `only-by.ts` checks what finds them. */
export const PLATFORM_MUTANTS: Record<string, PlatformMutant> = {
  "words of D1 that are not known mean that nothing was written": {
    onlyBy: ["d1-before", "d1-after", "d1-stalls", "d1-full"],
    patches: [
      {
        file: DATABASE,
        find: 'return signature || LOST.test(words) ? "ambiguous" : "rejected";',
        replace: 'return /Network connection lost/.test(words) ? "ambiguous" : "rejected";',
      },
    ],
  },
  "an app's own words are taken for D1's": {
    onlyBy: ["own-words"],
    patches: [
      {
        file: DATABASE,
        find: '  if (code) return FAULT_OF_CODE[code] ?? "rejected";\n',
        replace: '  if (code) return FAULT_OF_CODE[code] ?? (LOST.test(words) ? "ambiguous" : "rejected");\n',
      },
    ],
  },
  "a full database is answered as committed": {
    onlyBy: ["d1-full"],
    patches: [
      {
        file: "src/outbox/run-batch.ts",
        find: '    const code = fault === "full" ? "storage_full" : "storage_unavailable";\n',
        replace: `    const code = "storage_unavailable";
    if (fault === "full") {
      const messages = plan.drafts.map((one, n) => ({ ...one, id: "msg_00000001" + one.nonce, sequence: n, deliveries: 1 }));
      return { result: { messages, writes: [], duplicate: false }, leased: [], lookAt: null } as never;
    }
`,
      },
    ],
  },
  "the sweep waits for D1 as long as it takes": {
    onlyBy: ["d1-stalls"],
    patches: [
      {
        file: SWEEP,
        find: "await within(clock, limits.d1AnswerMs, statement.all<OverdueTenant>())",
        replace: "await statement.all<OverdueTenant>()",
      },
    ],
  },
  "a queue that does not answer is waited for": {
    onlyBy: ["queue-hangs"],
    patches: [
      {
        file: "src/relay/hand-over.ts",
        find: "await within(tools.clock, limits.queueAnswerMs, tools.sendTasks(channel, batch));",
        replace: "await tools.sendTasks(channel, batch);",
      },
    ],
  },
  "the sweep waits for a relay that does not answer": {
    onlyBy: ["relay-hangs"],
    patches: [
      {
        file: SWEEP,
        find: "await within(clock, limits.wakeAnswerMs, callRelay(tenant_id, clock.now()));",
        replace: "await callRelay(tenant_id, clock.now());",
      },
    ],
  },
  // Whoever is ended in the middle of a call leaves its wake behind.
  "a wake in flight never ends": {
    onlyBy: ["death", "poison", "relay-hangs"],
    patches: [
      {
        file: WAKER,
        find: "inFlight && tools.clock.now() - inFlight.calledAt < limits.wakeTrustedMs",
        replace: "inFlight",
      },
      {
        file: WAKER,
        find: "await within(tools.clock, limits.wakeAnswerMs, tools.call(tenantId, at, seen));",
        replace: "await tools.call(tenantId, at, seen);",
      },
    ],
  },
  "a request is not seen through when its client hangs up": {
    onlyBy: ["cut-off"],
    patches: [
      { file: "src/platform/see-through.ts", find: "    keepAlive(work.then(over, over));\n", replace: "" },
    ],
  },
  "a relay told of an alarm calls for nothing later": {
    onlyBy: ["wake-swallowed"],
    patches: [
      {
        file: WAKER,
        find: "    const inFlight = wakesInFlight.get(tenantId);\n    const trusted",
        replace: `    const alarmAt = wakesInFlight.toldOf?.get(tenantId) ?? 0;
    if (alarmAt > tools.clock.now() && alarmAt <= at) return;
    const inFlight = wakesInFlight.get(tenantId);
    const trusted`,
      },
      {
        file: WAKER,
        find: "    await callOnce(tools, tenantId, hint);",
        replace: `    if (await callOnce(tools, tenantId, hint)) (wakesInFlight.toldOf ??= new Map()).set(tenantId, hint.at);`,
      },
      {
        file: WAKER,
        find: "tools.call(tenantId, at, seen));",
        replace: "tools.call(tenantId, at, seen));\n    return true;",
      },
    ],
  },
  "the sweep looks at none that was overdue before the last one": {
    onlyBy: [...LOST_ALARMS, "wake-fails", ...LOST_HAND_OVERS],
    patches: [
      {
        file: SWEEP,
        find: "await wakeAll(tools, overdue, ",
        replace:
          "await wakeAll(tools, overdue.filter((one) => one.due_at > startedAt - limits.cronMs - limits.sweepGraceMs), ",
      },
    ],
  },
  "the sweep calls no relay twice for the same delivery": {
    onlyBy: [...LOST_ALARMS, ...LOST_HAND_OVERS],
    patches: [
      {
        file: SWEEP,
        find: "for (const { tenant_id } of left) {",
        replace: "for (const { tenant_id, due_at } of left) {",
      },
      {
        file: SWEEP,
        find: "await within(clock, limits.wakeAnswerMs, callRelay(tenant_id, clock.now()));",
        replace: `const seen = (globalThis.seen ??= new Set());
        if (!seen.has(tenant_id + due_at)) await within(clock, limits.wakeAnswerMs, callRelay(tenant_id, clock.now()));
        seen.add(tenant_id + due_at);`,
      },
    ],
  },
  "an alarm that has not gone off is trusted for ever": {
    onlyBy: ["alarm-sticks"],
    patches: [{ file: RELAY, find: "current > now - limits.staleAlarmMs", replace: "current > 0" }],
  },
  "an alarm sets the next one for the instant at which it began to": {
    onlyBy: ["alarm-stalls"],
    patches: [
      ...KEEP_THE_CLOCK,
      { file: RELAY, find: "nextAt, limits.nextAlarmAheadMs);", replace: "nextAt, 1);" },
    ],
  },
  "a clock is read before an alarm looks at the standing one": {
    onlyBy: ["clock-stands"],
    patches: KEEP_THE_CLOCK,
  },
  "a lease does not grow with the claims that came to nothing": {
    onlyBy: ["consumers-away"],
    patches: [
      {
        file: "src/relay/statements.ts",
        find: "(?5 << min(run.head_claims, ?8))",
        replace: "(?5 << min(0, run.head_claims, ?8))",
      },
    ],
  },
  "an unknown handler is not asked for again": {
    onlyBy: ["versions"],
    patches: [
      {
        file: "src/delivery/judge.ts",
        find: "= retryDelayMs(schedule, attempt, random);",
        replace: '= reply.error === "handler_unknown" ? undefined : retryDelayMs(schedule, attempt, random);',
      },
    ],
  },
};

/** Faults of the platform that are nowhere the only ones to find a bug. */
export function faultsWithoutOwnBug(): FaultKind[] {
  const alone = Object.values(PLATFORM_MUTANTS).flatMap(({ onlyBy }) => (onlyBy.length === 1 ? onlyBy : []));
  return PLATFORM_FAULTS.filter((kind) => !alone.includes(kind));
}

import type { Mutant } from "./mutants.ts";

const DATABASE = "src/db/database.ts";
const WAKER = "src/outbox/waker.ts";
const RELAY = "src/relay/relay.ts";
const SWEEP = "src/upkeep/sweep.ts";

/** What it awaits may take long, and the clock that is read before that is not the one of the alarm that is set after it. */
const KEEP_THE_CLOCK: Mutant = [
  {
    file: RELAY,
    find: "  const standing = await alarm.getAlarm();\n  const now = clock.now();\n",
    replace: "  const now = clock.now();\n  const standing = await alarm.getAlarm();\n",
  },
];

/** Bugs about what a platform does that mostly works; after each the fault that shows it. */
export const PLATFORM_MUTANTS: Record<string, Mutant> = {
  // d1-before, d1-after, d1-stalls
  "words of D1 that are not known mean that nothing was written": [
    {
      file: DATABASE,
      find: 'return signature || LOST.test(words) ? "ambiguous" : "rejected";',
      replace: 'return /Network connection lost/.test(words) ? "ambiguous" : "rejected";',
    },
  ],
  // own-words
  "an app's own words are taken for D1's": [
    {
      file: DATABASE,
      find: '  if (code) return FAULT_OF_CODE[code] ?? "rejected";\n',
      replace: "  if (code && FAULT_OF_CODE[code]) return FAULT_OF_CODE[code];\n",
    },
  ],
  // d1-full
  "a full database is answered as committed": [
    {
      file: "src/outbox/run-batch.ts",
      find: '    const code = fault === "full" ? "storage_full" : "storage_unavailable";\n',
      replace: `    const code = "storage_unavailable";
    if (fault === "full") {
      const messages = plan.drafts.map((one) => ({ ...one, id: "msg_00000001" + one.nonce, deliveries: 1 }));
      return { messages, writes: [], duplicate: false } as never;
    }
`,
    },
  ],
  // d1-stalls
  "the sweep waits for D1 as long as it takes": [
    {
      file: SWEEP,
      find: "await within(clock, limits.d1AnswerMs, statement.all<OverdueTenant>())",
      replace: "await statement.all<OverdueTenant>()",
    },
  ],
  // queue-hangs
  "a queue that does not answer is waited for": [
    {
      file: "src/relay/drain.ts",
      find: "await within(tools.clock, limits.queueAnswerMs, tools.sendTasks(channel, batch));",
      replace: "await tools.sendTasks(channel, batch);",
    },
  ],
  // relay-hangs, d1-stalls
  "the sweep waits for a relay that does not answer": [
    {
      file: SWEEP,
      find: "await within(clock, limits.wakeAnswerMs, callRelay(tenant_id, clock.now()));",
      replace: "await callRelay(tenant_id, clock.now());",
    },
  ],
  // relay-hangs
  "a flight of wakes never ends": [
    {
      file: WAKER,
      find: "flight && tools.clock.now() - flight.calledAt < limits.wakeTrustedMs",
      replace: "flight",
    },
    {
      file: WAKER,
      find: "await within(tools.clock, limits.wakeAnswerMs, tools.call(tenantId, at));",
      replace: "await tools.call(tenantId, at);",
    },
  ],
  // cut-off
  "a request is not seen through when its client hangs up": [
    { file: "src/platform/see-through.ts", find: "    keepAlive(work.then(over, over));\n", replace: "" },
  ],
  // wake-swallowed, wake-fails, alarm-vanishes, alarm-sticks, alarm-stalls
  "the sweep looks at none that was overdue before the last one": [
    {
      file: SWEEP,
      find: "await wakeAll(tools, overdue, ",
      replace:
        "await wakeAll(tools, overdue.filter((one) => one.due_at > startedAt - limits.cronMs - limits.sweepGraceMs), ",
    },
  ],
  // wake-swallowed, alarm-vanishes, alarm-sticks, alarm-stalls, queue-loses
  "the sweep calls no relay twice for the same delivery": [
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
  // alarm-sticks, alarm-stalls
  "an alarm that has not gone off is trusted for ever": [
    { file: RELAY, find: "standing > now - limits.staleAlarmMs", replace: "standing > 0" },
  ],
  // alarm-stalls, clock-stands
  "an alarm sets the next one for the instant at which it began to": [
    ...KEEP_THE_CLOCK,
    { file: RELAY, find: "nextAt, limits.nextAlarmAheadMs);", replace: "nextAt, 1);" },
  ],
  // clock-stands
  "a clock is read before an alarm looks at the standing one": KEEP_THE_CLOCK,
  // consumers-away
  "what was claimed in vain is suspected": [
    {
      file: "src/relay/pack-tasks.ts",
      find: "Math.max(...rows.map(({ starts }) => starts))",
      replace: "Math.max(...rows.map(({ claims }) => claims - 4))",
    },
  ],
  // versions
  "an unknown handler is taken for one that is gone": [
    {
      file: "src/channels/handler/handler.ts",
      find: "return temporary(HANDLER_UNKNOWN, { excerpt });",
      replace: 'return { ...temporary(HANDLER_UNKNOWN, { excerpt }), verdict: "gone" };',
    },
  ],
};

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import { judge } from "../../src/delivery/judge.ts";
import { messageId, parseMessageId } from "../../src/domain/ids.ts";
import { intoLanes } from "../../src/domain/lanes.ts";
import { limits } from "../../src/platform/limits.ts";
import { packTasks } from "../../src/relay/pack-tasks.ts";
import { nextAlarmAt, planRound, roomFor } from "../../src/relay/plan-round.ts";

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const chance = (value: number) => ({
  bytes: (count: number) => new Uint8Array(count),
  fraction: () => value,
});

const claimed = fc
  .uniqueArray(
    fc.record({
      seq: fc.integer({ min: 1, max: 10_000 }),
      ordering_key: fc.option(fc.constantFrom("a", "b", "c")),
      payload_bytes: fc.integer({ min: 0, max: limits.payloadBytes }),
    }),
    { selector: ({ seq }) => seq, maxLength: 300 },
  )
  .map((rows) => rows.map((row) => ({ ...row, endpoint_id: "ep_1", claims: 1 })));

describe("packing, whatever is claimed", () => {
  test("leaves nothing out, adds nothing, and keeps each pack ascending", () => {
    fc.assert(
      fc.property(claimed, (rows) => {
        const packs = packTasks(rows).map((pack) => pack.map(({ seq }) => seq));
        expect(packs.flat().toSorted((a, b) => a - b)).toEqual(
          rows.map(({ seq }) => seq).toSorted((a, b) => a - b),
        );
        for (const pack of packs) expect(pack).toEqual(pack.toSorted((a, b) => a - b));
      }),
    );
  });

  test("keeps a key in one pack, and exceeds a pack's size only for a key that is larger by itself", () => {
    fc.assert(
      fc.property(claimed, (rows) => {
        const packs = packTasks(rows);
        for (const key of ["a", "b", "c"]) {
          expect(
            packs.filter((pack) => pack.some((row) => row.ordering_key === key)).length,
          ).toBeLessThanOrEqual(1);
        }
        for (const pack of packs) {
          const bytes = pack.reduce((sum, row) => sum + row.payload_bytes, 0);
          const fits = pack.length <= limits.packDeliveries && bytes <= limits.packBytes;
          expect(fits || intoLanes(pack).length === 1).toBe(true);
        }
      }),
    );
  });
});

const reply: fc.Arbitrary<Reply> = fc.oneof(
  fc.constant<Reply>({ kind: "accepted", httpStatus: 200, excerpt: null }),
  fc.record({
    kind: fc.constant("refused" as const),
    verdict: fc.constantFrom("temporary" as const, "permanent" as const, "gone" as const),
    error: fc.constant("http_status"),
    httpStatus: fc.option(fc.integer({ min: 300, max: 599 })),
    excerpt: fc.constant(null),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: limits.retryAfterMs })),
  }),
);
const schedule = fc.array(fc.double({ min: 0, max: limits.retryDelaySeconds, noNaN: true }), {
  maxLength: limits.retriesPerSchedule,
});

describe("judging, whatever the reply", () => {
  const any = fc.record({ reply, attempt: fc.integer({ min: 1, max: 60 }), schedule, fraction });

  test("delivered if and only if it was accepted; a retry if and only if there is hope and a wait left", () => {
    fc.assert(
      fc.property(any, ({ reply, attempt, schedule, fraction }) => {
        const { outcome } = judge({ reply, attempt, schedule, now: 0 }, chance(fraction));
        const hope = reply.kind === "refused" && reply.verdict === "temporary" && attempt <= schedule.length;
        expect(outcome).toBe(reply.kind === "accepted" ? "delivered" : hope ? "retry" : "dead");
      }),
    );
  });

  test("a wait is within a fifth of the schedule's, or what was asked for if that is longer", () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 2e12 }), ({ reply, attempt, schedule, fraction }, now) => {
        const judgement = judge({ reply, attempt, schedule, now }, chance(fraction));
        if (judgement.outcome !== "retry" || reply.kind !== "refused") return;
        const waitMs = judgement.dueAt - now;
        const plannedMs = (schedule[attempt - 1] ?? 0) * 1000;
        expect(waitMs).toBeGreaterThanOrEqual(Math.max(Math.floor(plannedMs * 0.8), reply.retryAfterMs ?? 0));
        expect(waitMs).toBeLessThanOrEqual(Math.max(Math.ceil(plannedMs * 1.2), reply.retryAfterMs ?? 0));
      }),
    );
  });
});

const scheduleRows = fc.uniqueArray(
  fc.record({
    endpoint_id: fc.string({ minLength: 1, maxLength: 4 }),
    channel: fc.constantFrom("webhook" as const, "email" as const),
    state: fc.constantFrom("enabled" as const, "paused" as const, "disabled" as const, "deleted" as const),
    due_at: fc.integer({ min: 0, max: 200 }),
    in_flight: fc.integer({ min: 0, max: limits.inFlightPerEndpoint }),
    later_at: fc.option(fc.integer({ min: 101, max: 300 })),
  }),
  { selector: ({ endpoint_id }) => endpoint_id, maxLength: 30 },
);

describe("planning a round, whatever the schedule", () => {
  const NOW = 100;

  test("claims only from enabled endpoints, only what is due, and never more than may be in flight", () => {
    fc.assert(
      fc.property(scheduleRows, (rows) => {
        const round = planRound(rows, new Set(), NOW);
        for (const row of round?.claim ?? []) {
          expect([row.state, row.due_at <= NOW, roomFor(row) > 0]).toEqual(["enabled", true, true]);
        }
        for (const row of round?.cancel ?? []) expect(row.state).toBe("deleted");
      }),
    );
  });

  test("nothing that may be claimed or cancelled is left without somebody who looks at it", () => {
    fc.assert(
      fc.property(scheduleRows, (rows) => {
        const waiting = rows.filter(({ state }) => state === "enabled" || state === "deleted");
        const nextAt = nextAlarmAt(rows);
        expect(nextAt === undefined).toBe(waiting.length === 0);
        for (const row of waiting) {
          const lookedAt =
            row.state === "deleted" ? 0 : roomFor(row) > 0 ? row.due_at : (row.later_at ?? row.due_at);
          expect(nextAt).toBeLessThanOrEqual(lookedAt);
        }
      }),
    );
  });
});

test("an id tells its sequence number and nonce, and ids sort as their sequence", () => {
  const nonce = fc.string({
    unit: fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz"),
    minLength: 13,
    maxLength: 13,
  });
  const seq = fc.integer({ min: 1, max: 32 ** 9 - 1 });
  fc.assert(
    fc.property(seq, seq, nonce, (first, second, nonce) => {
      expect(parseMessageId(messageId({ seq: first, nonce }))).toEqual({ seq: first, nonce });
      const ascending = messageId({ seq: first, nonce }) < messageId({ seq: second, nonce });
      expect(ascending).toBe(first < second);
    }),
  );
});

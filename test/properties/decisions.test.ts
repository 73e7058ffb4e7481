import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import { LAST_SEQ } from "../../src/db/message-key.ts";
import { type Health, nextHealth, type Tally, WELL, withTold } from "../../src/delivery/health.ts";
import { judge } from "../../src/delivery/judge.ts";
import { intoLanes } from "../../src/domain/lanes.ts";
import { messageId, parseMessageId } from "../../src/domain/message-id.ts";
import { allowance, readyAt, usableMs } from "../../src/domain/pace.ts";
import type { ChannelName } from "../../src/domain/states.ts";
import { limits } from "../../src/platform/limits.ts";
import { packTasks } from "../../src/relay/pack-tasks.ts";
import { nextAlarmAt, planRound, roomFor, type Scheduled } from "../../src/relay/plan-round.ts";
import { Share } from "../../src/relay/share.ts";
import { fullFrom, spared } from "../../src/relay/window.ts";
import { Windows } from "../../src/relay/windows.ts";

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
      claims: fc.integer({ min: 1, max: 9 }),
      starts: fc.integer({ min: 0, max: limits.startsUnsuspected + limits.poisonStarts }),
    }),
    { selector: ({ seq }) => seq, maxLength: 300 },
  )
  .map((rows) => rows.map((row) => ({ ...row, endpoint_id: "ep_1" })));

describe("packing, whatever is claimed", () => {
  test("leaves nothing out, adds nothing, and keeps each pack ascending", () => {
    fc.assert(
      fc.property(claimed, (rows) => {
        const packs = packTasks(rows).map((pack) => pack.rows.map(({ seq }) => seq));
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
        const packs = packTasks(rows).map((pack) => pack.rows);
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
    kind: fc.constantFrom("temporary" as const, "permanent" as const, "gone" as const),
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
  const giveUpOn = fc.array(fc.integer({ min: 300, max: 599 }));
  const any = fc.record({ reply, attempt: fc.integer({ min: 1, max: 60 }), schedule, giveUpOn, fraction });

  test("delivered if and only if it was accepted; a retry if and only if there is hope and a wait left", () => {
    fc.assert(
      fc.property(any, ({ reply, attempt, schedule, giveUpOn, fraction }) => {
        const { outcome } = judge({ reply, attempt, schedule, giveUpOn, now: 0 }, chance(fraction));
        const wanted = reply.httpStatus === null || !giveUpOn.includes(reply.httpStatus);
        const hope = reply.kind === "temporary" && wanted && attempt <= schedule.length;
        expect(outcome).toBe(reply.kind === "accepted" ? "delivered" : hope ? "retry" : "dead");
      }),
    );
  });

  test("a wait is within a fifth of the schedule's, or what was asked for if that is longer", () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 2e12 }), ({ fraction, ...one }, now) => {
        const { reply, attempt, schedule } = one;
        const judgement = judge({ ...one, now }, chance(fraction));
        if (judgement.outcome !== "retry" || reply.kind === "accepted") return;
        const waitMs = judgement.dueAt - now;
        const plannedMs = (schedule[attempt - 1] ?? 0) * 1000;
        expect(waitMs).toBeGreaterThanOrEqual(Math.max(Math.floor(plannedMs * 0.8), reply.retryAfterMs ?? 0));
        expect(waitMs).toBeLessThanOrEqual(Math.max(Math.ceil(plannedMs * 1.2), reply.retryAfterMs ?? 0));
      }),
    );
  });
});

const observations = fc.array(
  fc.record({
    endpointId: fc.constant("e"),
    meanMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
    deliveries: fc.integer({ min: 1, max: limits.packDeliveries }),
    isBraking: fc.boolean(),
  }),
  { maxLength: 40 },
);

/** The room that an endpoint has after some observations. */
const windows = observations.map((seen) => {
  const learnt = new Windows();
  for (const observation of seen) learnt.learn(observation);
  return learnt.of("e");
});

describe("the room of an endpoint, whatever was seen of it", () => {
  test("is whole packs, of at least the sends that begin at once, and bounded", () => {
    fc.assert(
      fc.property(windows, ({ pack, inFlight }) => {
        expect(pack).toBeGreaterThanOrEqual(limits.concurrentSends);
        expect(pack).toBeLessThanOrEqual(limits.packDeliveries);
        expect(inFlight % pack).toBe(0);
        expect(inFlight).toBeGreaterThanOrEqual(pack);
        expect(inFlight).toBeLessThanOrEqual(limits.inFlightPerEndpointMost);
      }),
    );
  });

  test("does not grow when it brakes, nor shrink when a pack went well at the known pace", () => {
    fc.assert(
      fc.property(observations, fc.boolean(), (seen, isBraking) => {
        const learnt = new Windows();
        for (const observation of seen) learnt.learn(observation);
        const before = learnt.of("e").inFlight;
        const meanMs = isBraking ? 60_000 : 0;
        learnt.learn({ endpointId: "e", meanMs, deliveries: limits.packDeliveries, isBraking });
        const after = learnt.of("e").inFlight;
        if (isBraking) expect(after).toBeLessThanOrEqual(before);
        else
          expect(after).toBeGreaterThanOrEqual(
            Math.min(before, limits.inFlightPerEndpointMost - limits.packDeliveries),
          );
      }),
    );
  });
});

const scheduleRows = fc.uniqueArray(
  fc.record({
    endpoint_id: fc.string({ minLength: 1, maxLength: 4 }),
    channel: fc.constantFrom("webhook" as const, "email" as const),
    url: fc.constant(null),
    state: fc.constantFrom("enabled" as const, "paused" as const, "disabled" as const, "deleted" as const),
    due_at: fc.integer({ min: 0, max: 200 }),
    holds_keys: fc.constantFrom(0 as const, 1 as const),
    in_flight: fc.integer({ min: 0, max: limits.inFlightPerEndpointMost }),
    window: windows,
    lease_ends_at: fc.option(fc.integer({ min: 101, max: 300 })),
    held_until: fc.option(fc.integer({ min: 1, max: 200 })),
    probe_until: fc.option(fc.integer({ min: 1, max: 300 })),
    holds: fc.nat({ max: 9 }),
    rate_limit: fc.option(fc.double({ min: 0.01, max: 1000, noNaN: true })),
    paced_to: fc.option(fc.double({ min: 0, max: 200, noNaN: true })),
    max_concurrency: fc.constant(null),
  }),
  { selector: ({ endpoint_id }) => endpoint_id, maxLength: 30 },
);

function mustBeLookedAtBy(row: Scheduled & { due_at: number }): number {
  if (row.state === "deleted" || row.holds_keys === 1) return 0;
  const most = row.window.inFlight - row.window.step + 1;
  const full = row.held_until === null && row.in_flight >= most;
  return full ? (row.lease_ends_at ?? row.due_at) : readyAt(row);
}

test("an endpoint gets no more to send at once than its maxConcurrency, and something when nothing is under way", () => {
  const many = fc.integer({ min: 1, max: limits.inFlightPerEndpointMost });
  fc.assert(
    fc.property(scheduleRows, many, (rows, max_concurrency) => {
      for (const given of rows.map((row) => ({ ...row, rate_limit: null, max_concurrency }))) {
        const window = spared(given.window, max_concurrency);
        // A schedule counts no further.
        const countedTo = Math.max(given.window.inFlight, max_concurrency);
        const in_flight = Math.min(given.in_flight, countedTo);
        const room = roomFor({ ...given, window, in_flight }, 0);
        const sends = Math.min(Math.ceil(room / window.pack) * window.sends, room);
        if (room > 0) expect(sends + given.in_flight).toBeLessThanOrEqual(max_concurrency);
        expect(roomFor({ ...given, window, held_until: null, in_flight: fullFrom(window) }, 0)).toBe(0);
        expect(roomFor({ ...given, window, in_flight: 0 }, 0)).toBeGreaterThan(0);
      }
    }),
  );
});

describe("planning a round, whatever the schedule", () => {
  const NOW = 100;
  const fresh = {
    stalled: new Set<string>(),
    served: new Set<string>(),
    refusing: new Set<ChannelName>(),
    share: new Share(limits.shareMs.from).at(0),
  };
  const nextAlarm = (rows: Scheduled[]) => nextAlarmAt(rows, fresh, 0);

  test("claims only from enabled endpoints, only what is due, and never more than may be in flight", () => {
    fc.assert(
      fc.property(scheduleRows, (rows) => {
        const round = planRound(rows, fresh, NOW);
        for (const row of round?.claim ?? []) {
          expect([row.state, (row.due_at ?? NOW + 1) <= NOW, roomFor(row, NOW) > 0]).toEqual([
            "enabled",
            true,
            true,
          ]);
          expect(row.held_until ?? 0).toBeLessThanOrEqual(NOW);
        }
        for (const row of round?.cancel ?? []) expect(row.state).toBe("deleted");
        for (const row of round?.release ?? []) expect(row.holds_keys).toBe(1);
      }),
    );
  });

  test("gives no host more than it may have in flight, and looks again at what it left out", () => {
    const hosts = ["https://a.example/", "https://b.example/"];
    fc.assert(
      fc.property(scheduleRows, fc.infiniteStream(fc.constantFrom(...hosts)), (rows, urls) => {
        const placed = rows.map((row): Scheduled => ({ ...row, url: urls.next().value }));
        const room = planRound(placed, fresh, NOW)?.room ?? new Map<string, number>();
        for (const host of hosts) {
          const there = placed.filter(({ url }) => url === host);
          const before = there.reduce((sum, { in_flight }) => sum + in_flight, 0);
          const granted = there.reduce((sum, { endpoint_id }) => sum + (room.get(endpoint_id) ?? 0), 0);
          expect(granted === 0 || before + granted <= limits.inFlightPerHost).toBe(true);
        }
        const wanted = rows.filter((row) => mustBeLookedAtBy(row) <= NOW && row.state === "enabled");
        if (wanted.length > 0) {
          const latest = Math.max(NOW + limits.hostLookMs, ...wanted.map(mustBeLookedAtBy));
          expect(nextAlarmAt(placed, fresh, NOW)).toBeLessThanOrEqual(latest);
        }
      }),
    );
  });

  test("when the alarm goes off, and no lease stands, what it was set for is claimed", () => {
    fc.assert(
      fc.property(scheduleRows, (rows) => {
        const idle = rows
          .filter(({ state }) => state === "enabled")
          .map((row) => ({ ...row, in_flight: 0, holds_keys: 0 as const }));
        const nextAt = nextAlarm(idle);
        if (nextAt === undefined) return;
        expect(planRound(idle, fresh, Math.max(Math.ceil(nextAt), NOW))?.claim).not.toEqual([]);
      }),
    );
  });

  test("nothing that may be claimed, cancelled or released is left without somebody who looks at it", () => {
    fc.assert(
      fc.property(scheduleRows, (rows) => {
        const waiting = rows.filter(
          ({ state, holds_keys }) => state === "enabled" || state === "deleted" || holds_keys === 1,
        );
        const nextAt = nextAlarm(rows);
        expect(nextAt === undefined).toBe(waiting.length === 0);
        for (const row of waiting) expect(nextAt).toBeLessThanOrEqual(mustBeLookedAtBy(row));
      }),
    );
  });
});

describe("a rate limit, whatever it is and whenever it is asked", () => {
  test("lets pass no more than its rate, but for what was not used lately; and no less when there is always something to do", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1000, noNaN: true }), gaps, (rate_limit, gaps) => {
        let now = 1e9;
        let passed = 0;
        const pace = {
          due_at: 0,
          held_until: null,
          probe_until: null,
          rate_limit,
          paced_to: null as number | null,
        };
        for (const gap of gaps) {
          const count = allowance(pace, now);
          // As chargePace has it.
          if (count > 0) {
            pace.paced_to =
              Math.max(pace.paced_to ?? 0, now - usableMs(rate_limit)) + (count * 1000) / rate_limit;
          }
          passed += count;
          now = Math.min(now + gap, Math.max(readyAt(pace), now));
        }
        const ratedMs = now - 1e9;
        const turn = (usableMs(rate_limit) * rate_limit) / 1000;
        expect(passed).toBeLessThanOrEqual((ratedMs * rate_limit) / 1000 + turn + 1e-3);
        expect(passed).toBeGreaterThanOrEqual((ratedMs * rate_limit) / 1000 - turn - 1);
      }),
    );
  });
});

interface Step {
  before: Health;
  after: Health;
  tally: Tally;
  now: number;
}

describe("an endpoint's health, whatever comes of its attempts", () => {
  const tally = fc
    .nat({ max: 30 })
    .chain((attempts) => fc.record({ attempts: fc.constant(attempts), failures: fc.nat({ max: attempts }) }));
  const story = fc.array(fc.record({ tally, afterMs: fc.nat({ max: 400_000 }) }), { maxLength: 60 });

  /** Tells a story, and has every step of it looked at. */
  function tell(story: { tally: Tally; afterMs: number }[], look: (step: Step) => void) {
    let now = 1e9;
    let before = WELL;
    for (const { tally, afterMs } of story) {
      now += afterMs;
      const after = nextHealth(before, tally, now);
      look({ before, after, tally, now });
      before = after;
    }
  }

  test("a hold is never longer than five minutes, never changed while it lasts, and one success after it ends it", () => {
    fc.assert(
      fc.property(story, (story) =>
        tell(story, ({ before, after, tally, now }) => {
          expect((after.heldUntil ?? 0) - now).toBeLessThanOrEqual(limits.breakerHoldMaxMs);
          if (before.heldUntil === null) return;
          if (before.heldUntil > now) expect(after.heldUntil).toBe(before.heldUntil);
          else if (tally.failures < tally.attempts) expect(after).toEqual(WELL);
        }),
      ),
    );
  });

  test("the largest share of its failure budget that is used is told of by the next failure", () => {
    const disableAfterMs = 2_000_000;
    const one = fc.record({ attempts: fc.constant(1), failures: fc.nat({ max: 1 }) });
    const steps = fc.array(fc.record({ tally: one, afterMs: fc.nat({ max: 400_000 }) }), { maxLength: 60 });
    const toldNow = (steps: { tally: Tally; afterMs: number }[]) => {
      let now = 1e9;
      let health = WELL;
      return steps.map(({ tally, afterMs }) => {
        now += afterMs;
        health = nextHealth(health, tally, now);
        if (tally.failures > 0) health = withTold(health, now, disableAfterMs);
        const used = (100 * (now - (health.failingSince ?? now))) / disableAfterMs;
        return { told: health.failingTold, used, hasFailed: tally.failures > 0 };
      });
    };
    fc.assert(
      fc.property(steps, (steps) => {
        for (const { told, used, hasFailed } of toldNow(steps)) {
          expect(told).toBe(hasFailed ? [90, 70, 50, 0].find((share) => share <= used) : 0);
        }
      }),
    );
  });

  test("it fails since the first failure after a success", () => {
    fc.assert(
      fc.property(story, (story) =>
        tell(story, ({ before, after, tally: { attempts, failures }, now }) => {
          const since =
            failures < attempts ? null : attempts > 0 ? (before.failingSince ?? now) : before.failingSince;
          expect(after.failingSince).toBe(since);
        }),
      ),
    );
  });

  test("it opens only on ten attempts and more, of which seven in ten failed", () => {
    fc.assert(
      fc.property(story, (story) => {
        let attempts = 0;
        let failures = 0;
        tell(story, ({ before, after, tally }) => {
          attempts += tally.attempts;
          failures += tally.failures;
          if (after.heldUntil === null) return;
          if (before.heldUntil === null) {
            expect(attempts).toBeGreaterThanOrEqual(limits.breakerAttempts);
            expect(failures).toBeGreaterThanOrEqual(limits.breakerAttempts * limits.breakerFailureShare);
          }
          attempts = 0;
          failures = 0;
        });
      }),
    );
  });
});

test("an id tells its sequence number and nonce to who has the key, and to nobody else", () => {
  const nonce = fc.string({
    unit: fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz"),
    minLength: 13,
    maxLength: 13,
  });
  const seq = fc.integer({ min: 0, max: LAST_SEQ });
  const key = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(seq, nonce, key, key, (seq, nonce, id_key, other) => {
      const id = messageId({ seq, nonce, id_key });
      expect(parseMessageId(id, id_key)).toEqual({ seq, nonce });
      // By chance, once in 2^45.
      if (other !== id_key) expect(parseMessageId(id, other)?.seq).not.toBe(seq);
    }),
  );
});

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { permanent } from "../../src/channels/channel.ts";
import { dismissDeadLetters } from "../../src/interventions/dismiss.ts";
import { endpointReplayInput, replayDeadLetters, replayEndpoint } from "../../src/interventions/replay.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { backlogStatements } from "../support/database/backlog.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { World } from "../support/world.ts";

/** More than two calls change. */
const COUNT = 23_410;
let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [], eventTypes: ["a"] });
  world.answer = () => permanent("target_refused", "no");
  const backlog = { tenantId: tenant, endpointId: endpoint, count: COUNT, at: world.now - 1 };
  for (const sql of backlogStatements(backlog)) await env.DB.prepare(sql).run();
  await endAll("dead", "1");
});

/** Ends deliveries now, by SQL: by the outbox, thousands would take minutes. */
const endAll = (state: "dead" | "delivered", which: string) =>
  env.DB.prepare(
    `UPDATE outbox_deliveries SET state = '${state}', due_at = NULL, settled_at = ?2
     WHERE tenant_id = ?1 AND due_at IS NOT NULL AND ${which}`,
  )
    .bind(tenant, world.now)
    .run();

const iso = (ms: number) => new Date(ms).toISOString();
const tools = () => world.registryTools();
const countOf = (condition: string) =>
  env.DB.prepare(`SELECT count(*) AS count FROM outbox_deliveries WHERE tenant_id = ? AND ${condition}`)
    .bind(tenant)
    .first<number>("count");

interface Answer {
  matched: number;
  left: number;
  asOf: number;
}
type Act = (given: object) => Promise<Answer & { changed: number }>;
const ACTS: [name: string, becomes: string, act: Act][] = [
  [
    "a replay of dead letters",
    "was_dead = 1",
    async (given) => {
      const { replayed, ...answer } = await replayDeadLetters(tools(), tenant, deadLetterInput.parse(given));
      return { ...answer, changed: replayed };
    },
  ],
  [
    "a replay of an endpoint",
    "was_dead = 1",
    async (given) => {
      const input = endpointReplayInput.parse({ since: iso(0), ...given });
      const { replayed, ...answer } = await replayEndpoint(tools(), tenant, endpoint, input);
      return { ...answer, changed: replayed };
    },
  ],
  [
    "a dismissal of dead letters",
    "reason = 'dismissed'",
    async (given) => {
      const { dismissed, ...answer } = await dismissDeadLetters(
        tools(),
        tenant,
        deadLetterInput.parse(given),
      );
      return { ...answer, changed: dismissed };
    },
  ],
];

/** A new message dies, and a tenth of the replayed ones die again. */
async function othersDie(): Promise<void> {
  world.now += 1000;
  await world.commit(tenant, { messages: [event("a", "dies")] });
  await endAll(
    "dead",
    "seq % 10 = 0 OR seq > (SELECT max(seq) - 1 FROM outbox_deliveries WHERE tenant_id = ?1)",
  );
}

describe.each(ACTS)("%s in slices", (_, changed, act) => {
  test("takes each that was counted once, while others die and the same die again, and comes to its end", async () => {
    const counted = await act({ dryRun: true });
    expect(counted).toEqual({ matched: COUNT, capped: false, changed: 0, left: COUNT, asOf: world.now });
    const asOf = iso(counted.asOf);
    const progress: [done: number, left: number][] = [];
    for (let left = counted.left; left > 0; ) {
      await othersDie();
      const slice = await act({ asOf });
      expect(slice.asOf).toBe(counted.asOf);
      left = slice.left;
      progress.push([slice.changed, left]);
      expect(progress.length).toBeLessThan(9);
    }
    const most = limits.replaysPerCall;
    expect(progress).toEqual([
      [most, COUNT - most],
      [most, COUNT - 2 * most],
      [COUNT - 2 * most, 0],
    ]);
    expect(await countOf(`seq <= ${COUNT} AND ${changed}`)).toBe(COUNT);
    expect(await act({ asOf })).toMatchObject({ matched: 0, changed: 0, left: 0 });

    await othersDie();
    const died = await countOf("state = 'dead'");
    expect(died).toBeGreaterThan(3);
    expect(await countOf(`state = 'dead' AND settled_at <= ${counted.asOf}`)).toBe(0);
    expect(await act({ dryRun: true })).toMatchObject({ matched: died, asOf: world.now });
  });
});

test("a repeated slice, whose answer got lost, takes the following ones", async () => {
  const { asOf } = await replayDeadLetters(tools(), tenant, deadLetterInput.parse({ dryRun: true }));
  const input = deadLetterInput.parse({ asOf: iso(asOf) });
  const first = await replayDeadLetters(tools(), tenant, input);
  const second = await replayDeadLetters(tools(), tenant, input);
  expect([first.left, second.left]).toEqual([COUNT - 10_000, COUNT - 20_000]);
  expect(await countOf("state = 'pending'")).toBe(20_000);
});

test("delivered ones that are delivered again do not match again", async () => {
  await env.DB.prepare(
    "UPDATE outbox_deliveries SET state = 'delivered', attempts = 1, started_at = 1, duration_ms = 1 WHERE tenant_id = ?",
  )
    .bind(tenant)
    .run();
  const ask = (given: object) =>
    replayEndpoint(
      tools(),
      tenant,
      endpoint,
      endpointReplayInput.parse({ since: iso(0), states: ["delivered"], ...given }),
    );
  const { asOf } = await ask({ dryRun: true });
  const replayed: number[] = [];
  for (let left = COUNT; left > 0 && replayed.length < 5; ) {
    const slice = await ask({ asOf: iso(asOf) });
    left = slice.left;
    replayed.push(slice.replayed);
    world.now += 1000;
    await endAll("delivered", "1");
  }
  expect(replayed).toEqual([10_000, 10_000, COUNT - 20_000]);
});

test("named ones have no bound of their own: a clock that is ahead may have settled them", async () => {
  await env.DB.prepare("UPDATE outbox_deliveries SET settled_at = ?2 WHERE tenant_id = ?1 AND state = 'dead'")
    .bind(tenant, world.now + 50)
    .run();
  const { messages } = await world.commit(tenant, { messages: [event("a", "late")] });
  world.now += 10;
  await endAll("dead", "1");
  world.now -= 10;
  const deliveries = messages.map(({ id }) => ({ messageId: id, endpointId: endpoint }));
  const count = async (given: object) =>
    (await replayDeadLetters(tools(), tenant, deadLetterInput.parse({ ...given, dryRun: true }))).matched;
  expect(await count({ deliveries })).toBe(1);
  expect(await count({ deliveries, asOf: iso(world.now) })).toBe(0);
  expect(await count({})).toBe(0);
  world.now += 50;
  expect(await count({})).toBe(COUNT + 1);
});

test("of very many, 100,000 are counted, with three rows read for each", async () => {
  const more = limits.matchedCounted - COUNT + 1000;
  const backlog = { tenantId: tenant, endpointId: endpoint, count: more, after: COUNT, at: world.now - 1 };
  for (const sql of backlogStatements(backlog)) await env.DB.prepare(sql).run();
  await endAll("dead", "1");
  const { db, bill } = countingDb(env.DB);
  const answer = await replayDeadLetters({ ...tools(), db }, tenant, deadLetterInput.parse({ dryRun: true }));
  expect(answer).toMatchObject({ matched: limits.matchedCounted, capped: true, left: limits.matchedCounted });
  expect(bill.rowsRead).toBeLessThan(3.1 * limits.matchedCounted);
});

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { complaintLevel } from "../../src/domain/complaints.ts";
import type { EventStatus } from "../../src/domain/email-status.ts";
import { recordEvents } from "../../src/email-events/record-events.ts";
import { tellComplaints } from "../../src/email-events/tell-complaints.ts";
import { email } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { readNow } from "../../src/trace/now.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { query } from "../support/database/rows.ts";
import { DAY, FIVE_MINUTES, HOUR, insertManySums, insertSums } from "../support/database/sums.ts";
import { MortalLife } from "../support/faults/life.ts";
import { eventWith } from "../support/outside/provider-event.ts";
import { World } from "../support/world.ts";

const MINUTE = 60_000;
const { withinMs, quietMs } = limits.warnings.complaints;

let world: World;
let tenant: string;
/** Tenants that were woken. */
let woken: string[];

beforeEach(async () => {
  await emptyDatabase();
  await makeTenant();
});

async function makeTenant(): Promise<void> {
  world = new World(env.DB);
  woken = [];
  world.now = Math.ceil(world.now / HOUR) * HOUR;
  tenant = await world.createTenant();
  await world.createEndpoint(tenant, { eventTypes: ["complaints.piling-up"] });
}

const tools = (db: Database = env.DB) => {
  const { clock, random, log, systemEventsTenant } = world;
  return { db, clock, random, log, systemEventsTenant, wake: (id: string) => void woken.push(id) };
};
const judge = (db?: Database) => tellComplaints(tools(db));

/** E-mails, each with an event of this status. */
async function comeBack(count: number, status: EventStatus = "complained"): Promise<void> {
  const content = { to: "ada@example.com", subject: "Hello", text: "Hello" };
  const messages = Array.from({ length: count }, () => email(content));
  const { messages: committed } = await world.commit(tenant, { messages });
  const tags = committed.map((one) => ({ messageId: (one as { id: string }).id, tenantId: tenant }));
  await recordEvents(
    tools(),
    tags.map((one) => eventWith({ tags: one, status })),
  );
}

/** So many e-mails were accepted some time ago. */
const accept = (delivered: number, agoMs = HOUR, endpointId = "ep_email") =>
  insertSums({ tenantId: tenant, endpointId, at: world.now - agoMs, counts: { delivered } }).run();

/** The cron sums up, which brings the counts up to this moment, and judges. */
async function cron(): Promise<void> {
  world.now += FIVE_MINUTES;
  await query("UPDATE outbox_sweep SET summed_at = ?", world.now);
  await judge();
}

async function told(): Promise<Record<string, unknown>[]> {
  const rows = await query<{ payload: string }>(
    "SELECT payload FROM outbox_messages WHERE tenant_id = ? AND event_type = 'complaints.piling-up' ORDER BY id",
    tenant,
  );
  return rows.map(({ payload }) => JSON.parse(payload));
}
const levels = async () => (await told()).map(({ level }) => level);
const waiting = async () =>
  (await query("SELECT 1 FROM outbox_tenants WHERE complained_at IS NOT NULL")).length;

test.each([
  [4, 4, null],
  [5, 0, null],
  [5, 5, "grave"],
  [5, 5001, null],
  [5, 5000, "warning"],
  [5, 1667, "warning"],
  [5, 1666, "grave"],
  [300, 100_000, "grave"],
  [299, 100_000, "warning"],
])("%i complaints about %i e-mails are: %s", (complained, accepted, level) => {
  expect(complaintLevel(accepted, complained)).toBe(level);
});

describe("a tenant about whose e-mails recipients complain", () => {
  test("is told of a thousandth of those accepted within seven days, with the counts", async () => {
    await accept(5000);
    await comeBack(4);
    await cron();
    expect(await levels()).toEqual([]);
    await comeBack(1);
    await cron();
    const until = world.now;
    expect(await told()).toEqual([
      {
        tenantId: tenant,
        level: "warning",
        ...{ accepted: 5000, complaints: 5, complaintRate: 0.001 },
        since: new Date(until - withinMs).toISOString(),
        until: new Date(until).toISOString(),
        observedAt: new Date(world.now).toISOString(),
      },
    ]);
    expect(woken).toContain(tenant);
    expect((await readNow(env.DB, tenant, world.now)).complaints).toEqual({
      level: "warning",
      toldAt: world.now,
    });
    expect((await readNow(env.DB, tenant, world.now + quietMs)).complaints).toBe(null);
  });

  test("is told once a day however many come, and at once when the level rises", async () => {
    await accept(5000);
    await comeBack(5);
    await cron();
    await comeBack(5);
    await cron();
    expect(await levels()).toEqual(["warning"]);
    await comeBack(5);
    await Promise.all([cron(), judge()]);
    expect(await levels()).toEqual(["warning", "grave"]);
    world.now += quietMs;
    await cron();
    expect(await levels()).toHaveLength(2);
    await comeBack(1);
    await cron();
    expect(await levels()).toEqual(["warning", "grave", "grave"]);
  });

  test("is not told of e-mails and complaints from before the seven days, nor of a webhook's deliveries", async () => {
    const hook = await world.createEndpoint(tenant, { eventTypes: ["a"] });
    await accept(100_000, HOUR, hook);
    await accept(100_000, withinMs + HOUR);
    await insertSums({
      tenantId: tenant,
      endpointId: "ep_email",
      step: HOUR,
      at: world.now - withinMs - 2 * HOUR,
      counts: { complained: 100 },
    }).run();
    await accept(4900);
    await insertSums({
      tenantId: tenant,
      endpointId: "ep_email",
      step: HOUR,
      at: world.now - 4 * DAY,
      counts: { delivered: 100, complained: 2 },
    }).run();
    await comeBack(3);
    await cron();
    expect(await told()).toMatchObject([{ accepted: 5000, complaints: 5 }]);
  });

  test("is judged by what is summed up, and again when the rest is", async () => {
    await comeBack(5);
    world.now += MINUTE;
    await accept(100, 0);
    await judge();
    expect(await told()).toEqual([]);
    expect(await waiting()).toBe(1);
    await accept(9900, FIVE_MINUTES);
    await cron();
    expect([await levels(), await waiting()]).toEqual([[], 0]);
  });

  test("has them noted though nobody listens, and not when it is deleted", async () => {
    await query("UPDATE outbox_endpoints SET event_types = '[\"a\"]' WHERE tenant_id = ?", tenant);
    await accept(100);
    await comeBack(5);
    await cron();
    expect(await told()).toEqual([]);
    expect((await readNow(env.DB, tenant, world.now)).complaints?.level).toBe("grave");
    await comeBack(1);
    await world.ask((given) => deleteTenant(given, tenant));
    world.now += quietMs;
    await cron();
    expect(await waiting()).toBe(0);
  });

  test.each(["before", "after"] as const)(
    "is told once, though the cron dies %s any of its awaits",
    async (side) => {
      for (let at = 1, hasDied = true; hasDied; at++) {
        await emptyDatabase();
        await makeTenant();
        await accept(100);
        await comeBack(5);
        const life = new MortalLife(at, side);
        world.now += FIVE_MINUTES;
        await query("UPDATE outbox_sweep SET summed_at = ?", world.now);
        await Promise.race([judge(life.db(env.DB)), life.death]);
        hasDied = life.isDead;
        await judge();
        if (!hasDied) expect(at).toBeGreaterThan(3);
        expect([at, await levels(), await waiting()]).toEqual([at, ["grave"], 0]);
      }
    },
  );
});

test("judging reads a row for each span of a tenant's e-mails, and none without a complaint", async () => {
  const rowsRead = async () => {
    const counting = countingDb(env.DB);
    await judge(counting.db);
    return counting.bill.rowsRead;
  };
  const since = Math.floor((world.now - 3 * DAY) / FIVE_MINUTES);
  await insertManySums({
    tenantId: tenant,
    endpointId: "ep_email",
    step: FIVE_MINUTES,
    count: 860,
    since,
  }).run();
  const without = await rowsRead();
  await comeBack(1);
  await query("UPDATE outbox_sweep SET summed_at = ?", world.now);
  const more = (await rowsRead()) - without;
  expect(more).toBeGreaterThan(800);
  expect(more).toBeLessThan(950);
});

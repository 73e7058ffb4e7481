import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { createEndpoint, deleteEndpoint, readEndpoint, rotateSecret } from "../../src/registry/endpoints.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { immortal, type Life, MortalLife } from "../support/faults/life.ts";
import { sealedOf } from "../support/secrets/sealed.ts";
import { NO_VAULT, vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  await emptyDatabase();
  world = new World(env.DB);
  // The e-mails have tests of their own: one query more.
  world.takesSensitive = false;
  tenant = await world.createTenant();
});

const create = (rest: object = {}) =>
  createEndpoint(world.registryTools(), tenant, { channel: "webhook", url: "https://a.example/", ...rest });
const rotate = (id: string) => rotateSecret(world.registryTools(), tenant, id);
const told = (event: string) => world.events.filter((one) => one.event === event);

/** How many endpoints are sealed by each key. */
async function keysInUse(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    "SELECT coalesce(sealed_by, '-') AS key, count(*) AS n FROM outbox_endpoints WHERE secret IS NOT NULL GROUP BY 1",
  ).all<{ key: string; n: number }>();
  return Object.fromEntries(results.map(({ key, n }) => [key, n]));
}

describe("the resealing", () => {
  test("seals under the current key whatever is under another, opened as it was; then the old key may go", async () => {
    const plain = await create({ secretHeaders: { authorization: "Bearer aaaaaaaa" } });
    const rotated = await create();
    const { secret: second } = await rotate(rotated.id);
    world.vault = vaultWith("k2", "k1");
    const { secret: third } = await rotate(rotated.id);
    const current = await create();
    const before = await sealedOf(world.vault, tenant, current.id);

    await world.reseal();
    expect(await keysInUse()).toEqual({ k2: 3 });
    expect(told("secrets.resealed")).toEqual([
      { event: "secrets.resealed", endpoints: 2, failed: 0, more: false },
    ]);
    const vault = vaultWith("k2");
    expect(await sealedOf(vault, tenant, plain.id)).toMatchObject({
      secret: plain.secret,
      headers: { authorization: "Bearer aaaaaaaa" },
    });
    expect(await sealedOf(vault, tenant, rotated.id)).toMatchObject({
      secret: third,
      previous: [{ secret: second }, { secret: rotated.secret }],
    });
    expect((await sealedOf(vault, tenant, current.id)).row).toEqual(before.row);
    // It is no change of a person's.
    expect(await readEndpoint(world, tenant, plain.id)).toMatchObject({
      version: 1,
      updatedAt: plain.updatedAt,
    });
  });

  test("seals what the version before has left open, also while it goes on making endpoints", async () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const until = world.now + 1000;
    await env.DB.prepare(
      `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, secret, previous_secrets, created_at, updated_at)
       VALUES (?, 'ep_old', 'webhook', 'https://a.example/', 'enabled', ?, ?, 0, 0)`,
    )
      .bind(tenant, secret, JSON.stringify([{ secret: `${secret}2`, until }]))
      .run();
    await world.reseal();
    const { row, ...opened } = await sealedOf(world.vault, tenant, "ep_old");
    expect(opened).toEqual({ secret, previous: [{ secret: `${secret}2`, until }], headers: null });
    expect(JSON.stringify(row)).not.toContain("whsec_");
    expect(row.sealed_by).toBe("k1");
  });

  test("says nothing when there is nothing to do, and reads next to nothing", async () => {
    for (let n = 0; n < 20; n++) await create();
    const { db, bill } = countingDb(env.DB);
    await world.reseal({ ...immortal, db: () => db });
    expect(world.events).toEqual([]);
    expect(bill).toEqual({ roundTrips: 1, rowsRead: expect.any(Number), rowsWritten: 0 });
    expect(bill.rowsRead).toBeLessThan(5);
  });

  test("costs two rows for each endpoint, in two round trips", async () => {
    for (let n = 0; n < 5; n++) await create({ secretHeaders: { "x-key": "12345678" } });
    world.vault = vaultWith("k2", "k1");
    const { db, bill } = countingDb(env.DB);
    await world.reseal({ ...immortal, db: () => db });
    expect(bill).toMatchObject({ roundTrips: 2, rowsWritten: 5 * 2 });
  });

  test("without SECRET_KEYS does nothing", async () => {
    const { id } = await create();
    world.vault = NO_VAULT;
    await world.reseal();
    expect(await keysInUse()).toEqual({ k1: 1 });
    expect(world.events).toEqual([]);
    await deleteEndpoint(world.registryTools(), tenant, id);
  });

  test("takes so many at a time, and goes on a minute later", async () => {
    const rows = Array.from({ length: limits.endpointsPerReseal + 3 }, (_, n) => `ep_${n}`);
    await env.DB.prepare(
      `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, secret, created_at, updated_at)
       SELECT ?1, value, 'webhook', 'https://a.example/', 'enabled', 'whsec_' || value, 0, 0 FROM json_each(?2)`,
    )
      .bind(tenant, JSON.stringify(rows))
      .run();
    await world.reseal();
    await world.reseal();
    await world.reseal();
    expect(told("secrets.resealed")).toMatchObject([
      { endpoints: limits.endpointsPerReseal, more: true },
      { endpoints: 3, more: false },
    ]);
    expect((await sealedOf(world.vault, tenant, "ep_7")).secret).toBe("whsec_ep_7");
  });
});

describe("a secret that does not open", () => {
  test("is told with its key, keeps nobody waiting, and is sealed anew once its key is there again", async () => {
    const lost = [];
    for (let n = 0; n < limits.endpointsPerReseal; n++) lost.push(await create());
    world.vault = vaultWith("k3");
    const other = await create();
    world.vault = vaultWith("k2", "k3");
    await world.reseal();
    expect(told("secrets.unavailable")).toHaveLength(lost.length);
    expect(told("secrets.unavailable")[0]).toMatchObject({
      tenant,
      endpoint: expect.stringMatching(/^ep_/),
      error: 'VaultError: The key "k1" is not in SECRET_KEYS.',
    });
    await world.reseal();
    expect((await sealedOf(world.vault, tenant, other.id)).row.sealed_by).toBe("k2");

    world.now += limits.resealAgainMs;
    await world.reseal();
    expect(told("secrets.resealed")).toHaveLength(2);
    world.vault = vaultWith("k2", "k3", "k1");
    world.now += 1;
    await world.reseal();
    expect(await keysInUse()).toEqual({ k2: lost.length + 1 });
    for (const { id, secret } of lost.slice(0, 3)) {
      expect((await sealedOf(vaultWith("k2"), tenant, id)).secret).toBe(secret);
    }
  });

  test("is left as it is, all of it", async () => {
    const { id } = await create();
    await rotate(id);
    world.vault = vaultWith("k2");
    const { secret } = await rotate(id);
    const { row } = await sealedOf(vaultWith("k2", "k1"), tenant, id);
    await world.reseal();
    const after = await sealedOf(vaultWith("k2", "k1"), tenant, id);
    expect(after.row).toEqual({ ...row, sealed_by: `!${new Date(world.now).toISOString()}` });
    expect(after.secret).toBe(secret);
  });

  test("goes when it no longer signs", async () => {
    const { id } = await create();
    world.vault = vaultWith("k2");
    const { secret } = await rotate(id);
    world.now += limits.secretOverlapSeconds * 1000;
    await world.reseal();
    const { row, ...opened } = await sealedOf(world.vault, tenant, id);
    expect(opened).toEqual({ secret, previous: [], headers: null });
    expect(row.sealed_by).toBe("k2");
  });
});

describe("meanwhile", () => {
  /** Something happens between the look and the write. */
  const overtakenBy = (act: () => Promise<unknown>): Life => ({
    ...immortal,
    db: () => ({
      prepare: (query) => env.DB.prepare(query),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        await act();
        return env.DB.batch<T>(statements);
      },
    }),
  });

  test("a rotation wins, and its secret is not lost", async () => {
    const { id, secret: first } = await create();
    world.vault = vaultWith("k2", "k1");
    let second: string | null = null;
    await world.reseal(
      overtakenBy(async () => {
        second = (await rotate(id)).secret;
      }),
    );
    expect(await sealedOf(world.vault, tenant, id)).toMatchObject({
      secret: second,
      previous: [{ secret: first }],
    });
    expect(told("secrets.resealed")).toMatchObject([{ endpoints: 0, failed: 0 }]);
    await world.reseal();
    expect(await keysInUse()).toEqual({ k2: 1 });
    expect(await sealedOf(vaultWith("k2"), tenant, id)).toMatchObject({
      secret: second,
      previous: [{ secret: first }],
    });
  });

  test("a rotation by the version before wins too, which counts no version", async () => {
    const { id } = await create();
    world.vault = vaultWith("k2", "k1");
    await world.reseal(
      overtakenBy(() =>
        env.DB.prepare("UPDATE outbox_endpoints SET secret = 'whsec_new' WHERE id = ?").bind(id).run(),
      ),
    );
    expect((await sealedOf(world.vault, tenant, id)).secret).toBe("whsec_new");
  });

  test("a deletion wins: no secret comes back", async () => {
    const { id } = await create();
    world.vault = vaultWith("k2", "k1");
    await world.reseal(overtakenBy(() => deleteEndpoint(world.registryTools(), tenant, id)));
    const row = await env.DB.prepare("SELECT secret, sealed_by FROM outbox_endpoints WHERE id = ?")
      .bind(id)
      .first();
    expect(row).toEqual({ secret: null, sealed_by: null });
  });

  test.each([
    [1, "before"],
    [1, "after"],
    [2, "before"],
    [2, "after"],
  ] as const)("a process that dies at step %i, %s it, leaves secrets that open", async (step, side) => {
    const { id, secret } = await create();
    world.vault = vaultWith("k2", "k1");
    const life = new MortalLife(step, side);
    await Promise.race([world.reseal(life), life.death]);
    expect(life.isDead).toBe(true);
    expect((await sealedOf(world.vault, tenant, id)).secret).toBe(secret);
    await world.reseal();
    expect((await sealedOf(vaultWith("k2"), tenant, id)).secret).toBe(secret);
  });

  test("D1 that does not answer is told, and nothing throws", async () => {
    await world.reseal({
      ...immortal,
      db: () => ({
        prepare: () => {
          throw new Error("D1_ERROR: Network connection lost.");
        },
        batch: env.DB.batch.bind(env.DB),
      }),
    });
    expect(world.events).toEqual([
      { event: "secrets.reseal_failed", error: "Error: D1_ERROR: Network connection lost." },
    ]);
  });
});

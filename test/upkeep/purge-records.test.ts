import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import * as statements from "../../src/upkeep/statements.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { query } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

const DAY = 24 * 3600_000;

let world: World;
let tenant: string;

beforeEach(async () => {
  await emptyDatabase();
  world = new World(env.DB);
  tenant = await world.createTenant();
  await world.createEndpoint(tenant, { retrySchedule: [], eventTypes: ["a"] });
});

afterEach(() => checkInvariants(env.DB, tenant));

describe("at the end of a tenant's round", () => {
  const tokens = () =>
    query<{ id: string }>("SELECT id FROM outbox_tokens WHERE tenant_id = ? ORDER BY id", tenant);
  const keys = async (tenantId = tenant) =>
    (
      await query<{ key: string }>(
        "SELECT key FROM outbox_request_keys WHERE tenant_id = ? ORDER BY key",
        tenantId,
      )
    ).map(({ key }) => key);
  const addKeys = (tenantId: string, names: readonly unknown[], createdAt: number) =>
    query(
      "INSERT INTO outbox_request_keys (tenant_id, key, fingerprint, created_at) SELECT ?1, value, 'f', ?3 FROM json_each(?2)",
      tenantId,
      JSON.stringify(names),
      createdAt,
    );

  test("tokens that have expired go; those that hold stay", async () => {
    for (const [id, expiresAt] of [
      ["tok_past", world.now - 1],
      ["tok_now", world.now],
      ["tok_live", world.now + 1],
    ]) {
      const sql =
        "INSERT INTO outbox_tokens (tenant_id, id, scopes, created_at, expires_at) VALUES (?, ?, '[]', 0, ?)";
      await query(sql, tenant, id, expiresAt);
    }
    await world.purge();
    expect(await tokens()).toEqual([{ id: "tok_live" }]);
  });

  test("requests are forgotten after seven days, and another tenant's by its own round", async () => {
    const other = await world.createTenant();
    await query("UPDATE outbox_tenants SET purge_at = ? WHERE id = ?", world.now + DAY, other);
    for (const tenantId of [tenant, other]) {
      await addKeys(tenantId, ["old"], world.now - limits.requestKeyMs - 1);
      await addKeys(tenantId, ["young"], world.now - limits.requestKeyMs);
    }
    await world.purge();
    expect(await keys()).toEqual(["young"]);
    expect(await keys(other)).toEqual(["old", "young"]);
  });

  test("so many of them at a time, and the next minute goes on until none is left", async () => {
    await addKeys(
      tenant,
      Array.from({ length: 2 * limits.requestKeysPerPurgeStep + 1 }, (_, n) => `${n}`),
      0,
    );
    const left: number[] = [];
    for (let minute = 0; minute < 4; minute++) {
      await world.purge();
      left.push((await keys()).length);
      world.now += 60_000;
    }
    expect(left).toEqual([limits.requestKeysPerPurgeStep + 1, 1, 0, 0]);
    const [row] = await query<{ purge_at: number }>(
      "SELECT purge_at FROM outbox_tenants WHERE id = ?",
      tenant,
    );
    expect(row?.purge_at).toBeGreaterThan(world.now);
  });
});

describe("the audit", () => {
  const addEntries = (count: number, at: number) =>
    query(
      `INSERT INTO outbox_audit (tenant_id, at, id, operation, caller, subject, affected)
       SELECT iif(value % 2, ?1, 'gone'), ?3, printf('aud_%d_%d', ?3, value), 'pauseTenant', 'app', '{}', 1 FROM json_each(?2)`,
      tenant,
      JSON.stringify(Array.from({ length: count }, (_, n) => n)),
      at,
    );
  const count = async () => (await query<{ n: number }>("SELECT count(*) AS n FROM outbox_audit"))[0]?.n;

  test("is kept as long as dead letters, whosever it is, and not a millisecond longer", async () => {
    await addEntries(3, world.now - world.deadRetentionMs - 1);
    await addEntries(4, world.now - world.deadRetentionMs);
    await world.purge();
    expect(await count()).toBe(4);
    world.now += 1;
    await world.purge();
    expect(await count()).toBe(0);
  });

  test("goes in steps of a bounded size, all of it in one minute", async () => {
    await addEntries(3 * limits.requestKeysPerPurgeStep + 1, 0);
    const { db, bill } = countingDb(env.DB);
    await statements.purgeAudit(db, world.now).all();
    expect(bill.rowsWritten).toBe(limits.requestKeysPerPurgeStep);
    await world.purge();
    expect(await count()).toBe(0);
    expect(world.events.filter(({ event }) => event === "purge.done")).toMatchObject([
      { audit: 2 * limits.requestKeysPerPurgeStep + 1 },
    ]);
  });
});

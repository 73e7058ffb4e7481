/** Sensitive e-mails when a key is rotated. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { cancelWhole } from "../../src/interventions/cancel.ts";
import { email } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { immortal, MortalLife } from "../support/faults/life.ts";
import { vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  await emptyDatabase();
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const commit = async (count = 1) => {
  const code = email({ to: "ada@example.com", subject: "Code", text: "493817", sensitive: true });
  const { messages } = await world.commit(tenant, { messages: Array(count).fill(code) });
  return messages.map(({ id }) => id);
};
const keys = async () => {
  const { results } = await env.DB.prepare(
    "SELECT sealed_by AS key, count(*) AS n FROM outbox_messages WHERE sealed_by IS NOT NULL GROUP BY 1",
  ).all<{ key: string; n: number }>();
  return Object.fromEntries(results.map(({ key, n }) => [key, n]));
};
const told = () => world.events.filter(({ event }) => event === "secrets.resealed");
const textsSent = () => world.sent.map(({ payload }) => JSON.parse(payload).text);

describe("the resealing of sensitive e-mails", () => {
  test("brings them under the current key; then the old one may go, and they are sent as they were", async () => {
    await commit(2);
    world.vault = vaultWith("k2", "k1");
    await world.reseal();
    expect(await keys()).toEqual({ k2: 2 });
    expect(told()).toEqual([{ event: "secrets.resealed", emails: 2, failed: 0, more: false }]);
    await world.reseal();
    expect(told()).toHaveLength(1);
    world.vault = vaultWith("k2");
    await world.runUntilIdle(tenant);
    expect(textsSent()).toEqual(["493817", "493817"]);
    expect(await keys()).toEqual({});
    await checkInvariants(env.DB, tenant);
  });

  test("takes so many at a time, a row and an entry for each, and goes on a minute later", async () => {
    await commit(limits.emailsPerReseal + 1);
    world.vault = vaultWith("k2", "k1");
    const { db, bill } = countingDb(env.DB);
    await world.reseal({ ...immortal, db: () => db });
    expect(bill.rowsWritten).toBe(2 * limits.emailsPerReseal);
    await world.reseal();
    expect(told()).toMatchObject([
      { emails: limits.emailsPerReseal, more: true },
      { emails: 1, more: false },
    ]);
  });

  test("reads next to nothing when there is nothing to do", async () => {
    await commit(20);
    const { db, bill } = countingDb(env.DB);
    await world.reseal({ ...immortal, db: () => db });
    expect(bill).toMatchObject({ roundTrips: 2, rowsWritten: 0 });
    expect(bill.rowsRead).toBeLessThan(10);
  });

  test("leaves one that does not open as it is, and tries it again in an hour; with its key back it is resealed", async () => {
    await commit();
    world.vault = vaultWith("k2");
    await world.reseal();
    await world.reseal();
    expect(told()).toEqual([{ event: "secrets.resealed", emails: 0, failed: 1, more: false }]);
    expect(world.events).toContainEqual(
      expect.objectContaining({
        event: "secrets.unavailable",
        tenant,
        sequence: 1,
        error: expect.stringContaining('"k1"'),
      }),
    );
    world.vault = vaultWith("k2", "k1");
    world.now += limits.resealAgainMs + 1;
    await world.reseal();
    expect(await keys()).toEqual({ k2: 1 });
    await world.runUntilIdle(tenant);
    expect(textsSent()).toEqual(["493817"]);
  });

  test.each(["before", "after"] as const)(
    "that dies %s any await, or meets a settling there, leaves each e-mail whole or wiped",
    async (side) => {
      for (let at = 1, died = true; died; at++) {
        const [id = "", other = ""] = await commit(2);
        world.vault = world.vault.keyId === "k1" ? vaultWith("k2", "k1") : vaultWith("k1", "k2");
        const life = new MortalLife(at, side);
        await Promise.race([world.reseal(life), life.death]);
        died = life.isDead;
        await cancelWhole(world.registryTools(), tenant, id);
        await checkInvariants(env.DB, tenant);
        const before = world.sent.length;
        await world.runUntilIdle(tenant);
        expect(textsSent().slice(before)).toEqual(["493817"]);
        await checkInvariants(env.DB, tenant);
        expect(other).not.toBe(id);
      }
    },
  );

  test("writes nothing over an e-mail that was wiped since it was read", async () => {
    const [id = ""] = await commit();
    world.vault = vaultWith("k2", "k1");
    const db = env.DB;
    const meanwhile = {
      prepare: (sql: string) => db.prepare(sql),
      batch: async (statements: D1PreparedStatement[]) => {
        await cancelWhole(world.registryTools(), tenant, id);
        return db.batch(statements);
      },
    };
    await world.reseal({ ...immortal, db: () => meanwhile as never });
    expect(told()).toEqual([{ event: "secrets.resealed", emails: 0, failed: 0, more: false }]);
    expect(await keys()).toEqual({});
    await checkInvariants(env.DB, tenant);
  });
});

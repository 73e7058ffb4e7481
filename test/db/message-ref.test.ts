import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { Gauge } from "../../src/db/gauge.ts";
import { messageRef } from "../../src/db/message-ref.ts";
import { cancelWhole } from "../../src/interventions/cancel.ts";
import { event } from "../../src/outbox/message.ts";
import { readDelivery } from "../../src/trace/delivery.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { newDatabase } from "../support/database/empty-database.ts";
import { D1_WORDS } from "../support/faults/d1-words.ts";
import { World } from "../support/world.ts";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

let world: World;
let tenant: string;
let endpoint: string;
let ids: string[];

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant);
  const { messages } = await world.commit(tenant, { messages: [event("a", 1), event("a", 2)] });
  ids = messages.map(({ id }) => id);
});

const first = () => ids[0] ?? "";
/** Every id that differs from another in one digit, by a bit. */
const tampered = (id: string) =>
  Array.from({ length: 22 }, (_, place) => {
    const at = "msg_".length + place;
    const digit = DIGITS.charAt(DIGITS.indexOf(id.charAt(at)) ^ 1);
    return id.slice(0, at) + digit + id.slice(at + 1);
  });

describe("a message is found by its id", () => {
  test("in one round trip, and one more for the first of an isolate, without an index", async () => {
    const { db, bill } = countingDb(env.DB);
    const read = async () => {
      const before = bill.roundTrips;
      expect(await readMessage(db, tenant, first())).toMatchObject({ id: first(), sequence: 1 });
      return bill.roundTrips - before;
    };
    expect([await read(), await read(), await read()]).toEqual([2, 1, 1]);
    expect(bill.rowsRead).toBeLessThan(3 * 10);
  });

  test("alike through every session of the database in an isolate", () => {
    const gauge = new Gauge();
    expect(gauge.watch(env.DB, Date.now)).toBe(gauge.watch(env.DB, Date.now));
    expect(new Gauge().watch(env.DB, Date.now)).not.toBe(gauge.watch(env.DB, Date.now));
  });

  test("also after D1 could not be asked for the key", async () => {
    let asked = 0;
    const prepare = (query: string) => {
      if (asked++ === 0) throw new Error(D1_WORDS.overloaded[0]);
      return env.DB.prepare(query);
    };
    const db = { prepare, batch: env.DB.batch.bind(env.DB) };
    await expect(messageRef(db, first())).rejects.toThrow(D1_WORDS.overloaded[0]);
    expect(await messageRef(db, first())).toMatchObject({ seq: 1 });
  });

  test("under its own tenant alone, whatever stands there under another", async () => {
    const other = await world.createTenant();
    await world.commit(other, { messages: [event("a", 1), event("a", 2)] });
    for (const id of ids) await expect(readMessage(env.DB, other, id)).rejects.toThrow("There is no message");
  });
});

describe("nothing is found by", () => {
  test("an id of which one digit is another, and no more is read than for one that is right", async () => {
    const { db, bill } = countingDb(env.DB);
    await messageRef(db, first());
    for (const id of ids.flatMap(tampered)) {
      const before = bill.rowsRead;
      await expect(readMessage(db, tenant, id)).rejects.toMatchObject({ code: "message_not_found" });
      await expect(readDelivery(db, tenant, { messageId: id, endpointId: endpoint })).rejects.toMatchObject({
        code: "message_not_found",
      });
      expect(bill.rowsRead - before).toBeLessThan(20);
    }
    const [id = ""] = tampered(first());
    await expect(world.ask((tools) => cancelWhole(tools, tenant, id))).rejects.toMatchObject({
      code: "message_not_found",
    });
  });

  test("the number of one message with the rest of another's", async () => {
    const [one = "", other = ""] = ids;
    const crossed = [one.slice(0, 13) + other.slice(13), other.slice(0, 13) + one.slice(13)];
    for (const id of crossed) {
      await expect(readMessage(env.DB, tenant, id)).rejects.toMatchObject({ code: "message_not_found" });
    }
  });

  test.each(["", "msg_", "msg_1", "nonsense", "msg_zzzzzzzzzzzzzzzzzzzzzu"])(
    "%j, which is no id: D1 is not asked",
    async (id) => {
      const { db, bill } = countingDb(env.DB);
      await expect(readMessage(db, tenant, id)).rejects.toMatchObject({ code: "message_not_found" });
      expect(bill.roundTrips).toBe(0);
    },
  );
});

describe("the key of a database", () => {
  afterAll(newDatabase);

  test("is drawn by its migration: no two have the same", async () => {
    const keys: (string | null)[] = [];
    for (let n = 0; n < 2; n++) {
      await reset();
      await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
      keys.push(await env.DB.prepare("SELECT key FROM outbox_id_key").first<string>("key"));
    }
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(keys[0]).not.toBe(keys[1]);
  });
});

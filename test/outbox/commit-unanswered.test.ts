import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { commit } from "../../src/outbox/commit.ts";
import { event } from "../../src/outbox/message.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows } from "../support/database/rows.ts";
import { D1_WORDS, OWN_WORDS } from "../support/faults/d1-words.ts";
import { failingDb } from "../support/faults/failing-db.ts";
import { failureOf } from "../support/runner/failure-of.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeAll(async () => {
  await env.DB.prepare(
    "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, total INTEGER NOT NULL)",
  ).run();
});

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

describe("when D1 does not answer", () => {
  /** Loses the answer of the first batch: `committed` or not. */
  function losingDb(committed: boolean, text = "D1_ERROR: Network connection lost."): Database {
    let lost = false;
    return {
      prepare: (query) => env.DB.prepare(query),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        if (lost) return env.DB.batch<T>(statements);
        lost = true;
        if (committed) await env.DB.batch<T>(statements);
        throw new Error(text);
      },
    };
  }
  const commitWith = (db: Database, idempotencyKey?: string, woken: string[] = []) =>
    commit(
      {
        ...world.registryTools(),
        db,
        log: world.log,
        types: world.types,
        wake: (tenantId) => void woken.push(tenantId),
      },
      tenant,
      {
        messages: [event("a", 1)],
        ...(idempotencyKey && { idempotencyKey }),
      },
    );

  test.each([true, false])(
    "with an idempotency key it is committed exactly once (it had been: %s)",
    async (had) => {
      const committed = await commitWith(losingDb(had), "key");
      expect(committed).toMatchObject({ duplicate: false, messages: [{ sequence: 1 }] });
      expect(await countRows("messages", tenant)).toBe(1);
    },
  );

  test("without one, a commit that did happen is found", async () => {
    expect((await commitWith(losingDb(true))).messages).toMatchObject([{ sequence: 1 }]);
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test("without one, a commit that is not found is not repeated behind the caller's back", async () => {
    const error = await failureOf(commitWith(losingDb(false)));
    expect(error.code).toBe("outcome_unknown");
    expect(error.retryable).toBe(true);
    expect(await countRows("messages", tenant)).toBe(0);
  });

  test("with a key, when nothing answers any more: whoever asked must ask again", async () => {
    let batches = 0;
    const db: Database = {
      prepare: (query) => (batches < 2 ? env.DB.prepare(query) : (failing as unknown as D1PreparedStatement)),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch<T>(statements).finally(() => {
          batches++;
        });
        if (batches === 1) throw new Error("D1_ERROR: Network connection lost.");
        return results;
      },
    };
    const failing = {
      bind: () => failing,
      first: () => Promise.reject(new Error("D1_ERROR: Network connection lost.")),
    };
    expect((await failureOf(commitWith(db, "key"))).code).toBe("outcome_unknown");
    expect((await commitWith(env.DB, "key")).duplicate).toBe(true);
    expect(await countRows("messages", tenant)).toBe(1);
  });

  function answerless(statement: D1PreparedStatement): D1PreparedStatement {
    const bind = statement.bind.bind(statement);
    const first = () => Promise.reject(new Error("D1_ERROR: Network connection lost."));
    return Object.assign(statement, { bind: (...values: unknown[]) => answerless(bind(...values)), first });
  }

  /** Answers so many calls; then nothing but that the connection is lost. */
  const answering = (calls: number) =>
    failingDb(env.DB, { after: calls, message: "D1_ERROR: Network connection lost." });

  test("a refusal is not explained by D1's error, which would pass for one of the app's statements", async () => {
    await commitWith(env.DB, "key");
    expect((await failureOf(commitWith(answering(1), "key"))).code).toBe("outcome_unknown");
    expect((await failureOf(commitWith(answering(2), "key"))).code).toBe("outcome_unknown");
    const tools = { ...world.registryTools(), db: answering(1), log: world.log, types: world.types };
    const unknown = [event("a", 1, { endpointIds: ["ep_none"] })];
    expect((await failureOf(commit(tools, tenant, { messages: unknown }))).code).toBe("storage_unavailable");
    const createTenant = () => Promise.reject(new Error("D1_ERROR: Network connection lost."));
    const another = { ...tools, db: env.DB, createTenant };
    const forNobody = commit(another, `t-${crypto.randomUUID()}`, { messages: [event("a", 1)] });
    expect((await failureOf(forNobody)).code).toBe("storage_unavailable");
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test.each([undefined, "key"])(
    "a commit that may have happened wakes its relay all the same (key: %s)",
    async (key) => {
      await world.createEndpoint(tenant);
      const woken: string[] = [];
      const silent: Database = {
        // Its statements answer nothing by themselves, and are native ones in a batch.
        prepare: (query) => answerless(env.DB.prepare(query)),
        batch: async (statements) => {
          await env.DB.batch(statements).catch(() => {});
          throw new Error("D1_ERROR: Network connection lost.");
        },
      };
      expect((await failureOf(commitWith(silent, key, woken))).code).toBe("outcome_unknown");
      expect(woken).toEqual([tenant]);
    },
  );

  test.each(D1_WORDS.lost)(
    "a commit that did happen is answered, and its relay is woken, whatever D1 says: %s",
    async (words) => {
      await world.createEndpoint(tenant);
      const woken: string[] = [];
      const committed = await commitWith(losingDb(true, `D1_ERROR: ${words}`), undefined, woken);
      expect(committed.messages).toMatchObject([{ sequence: 1, deliveries: 1 }]);
      const keyed = await commitWith(losingDb(true, `D1_ERROR: ${words}`), "key", woken);
      expect(woken).toEqual([tenant, tenant]);
      expect(keyed).toMatchObject({ duplicate: false, messages: [{ sequence: 2 }] });
      expect(await countRows("messages", tenant)).toBe(2);
    },
  );

  test.each([
    ...D1_WORDS.overloaded.map((words) => [words, "storage_unavailable"] as const),
    ...D1_WORDS.full.map((words) => [words, "storage_full"] as const),
  ])("nothing was written, and the caller may try again: %s", async (words, code) => {
    const error = await failureOf(commitWith(losingDb(false, `D1_ERROR: ${words}`)));
    expect(error.code).toBe(code);
    expect(error.retryable).toBe(true);
  });

  test.each(OWN_WORDS)("the app's own refusal is thrown as it is, also where it says: %s", async (words) => {
    const trigger = `orders_${crypto.randomUUID().slice(0, 8)}`;
    const id = crypto.randomUUID();
    await env.DB.prepare(
      `CREATE TRIGGER ${trigger} BEFORE INSERT ON orders WHEN NEW.id = '${id}'
       BEGIN SELECT RAISE(ABORT, '${words}'); END`,
    ).run();
    const writes = [env.DB.prepare("INSERT INTO orders (id, total) VALUES (?, 1)").bind(id)];
    for (const key of [{}, { idempotencyKey: "key" }]) {
      const thrown = world.commit(tenant, { writes, messages: [event("a", 1)], ...key });
      await expect(thrown).rejects.toThrow(`D1_ERROR: ${words}: SQLITE_CONSTRAINT`);
    }
    expect(await countRows("messages", tenant)).toBe(0);
  });
});

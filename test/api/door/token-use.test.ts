import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { ApiTools } from "../../../src/api/context.ts";
import { DoorMemory } from "../../../src/api/door/door-memory.ts";
import type { Database, Statement } from "../../../src/db/database.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { limits } from "../../../src/platform/limits.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { apiWith } from "../../support/worker/own-api.ts";

async function issued(scopes = ["read"]) {
  const { path } = await createTenant();
  const { id, token } = (await call("POST", `${path}/tokens`, { body: { scopes } })).body;
  const lastUsedAt = async () => (await call("GET", `${path}/tokens/${id}`)).body.lastUsedAt;
  return { path, id, init: { headers: { authorization: `Bearer ${token}` } }, lastUsedAt };
}

const WRITES_USE = /^update "outbox_tokens" set "last_used_at"/i;

/** The database, of which each statement is looked at before it is prepared. */
function watched(look: (query: string) => void): Database {
  const prepare = (query: string) => {
    look(query);
    return env.DB.prepare(query);
  };
  return { prepare, batch: (statements) => env.DB.batch(statements) };
}

/** An isolate at a time, which has all it writes beside its requests done before the test goes on. */
function isolate(tools: Partial<ApiTools> = {}) {
  const beside: Promise<unknown>[] = [];
  const at = { now: Date.now() };
  const seeThrough = <T>(work: Promise<T>) => {
    beside.push(work.catch(() => undefined));
    return work;
  };
  const doorMemory = new DoorMemory();
  const clock = { ...systemClock, now: () => at.now };
  const ask = apiWith({ clock, seeThrough, doorMemory, ...tools });
  return { at, done: () => Promise.all(beside), ask, usedAt: doorMemory.usedAt };
}

test("a token that was never used has no last use, and one that is used has one", async () => {
  const { path, init, lastUsedAt, id } = await issued();
  expect(await lastUsedAt()).toBeNull();
  const { ask, at, done } = isolate();
  expect((await ask(path, init)).status).toBe(200);
  await done();
  expect(await lastUsedAt()).toBe(new Date(at.now).toISOString());
  expect((await call("GET", `${path}/tokens`)).body.data).toMatchObject([
    { id, lastUsedAt: new Date(at.now).toISOString() },
  ]);
});

test("it is written once in some minutes, and costs no request of between a statement", async () => {
  const { path, init, lastUsedAt } = await issued();
  let uses = 0;
  const { ask, at, done } = isolate({
    db: watched((query) => {
      if (WRITES_USE.test(query)) uses++;
    }),
  });
  const first = at.now;
  const asked = async () => {
    expect((await ask(path, init)).status).toBe(200);
    await done();
    return uses;
  };
  expect(await asked()).toBe(1);
  at.now += limits.tokenUse.everyMs - 1;
  expect(await asked()).toBe(1);
  expect(await lastUsedAt()).toBe(new Date(first).toISOString());
  at.now += 1;
  expect(await asked()).toBe(2);
  expect(await lastUsedAt()).toBe(new Date(first + limits.tokenUse.everyMs).toISOString());
});

test("a request does not wait for it", async () => {
  const { path, init } = await issued();
  const { promise: never } = Promise.withResolvers<never>();
  const stalls = { bind: () => stalls, run: () => never } as unknown as Statement;
  const db = {
    ...watched(() => {}),
    prepare: (query: string) => (WRITES_USE.test(query) ? stalls : env.DB.prepare(query)),
  };
  expect((await isolate({ db }).ask(path, init)).status).toBe(200);
});

test("an isolate whose clock is behind sets it back for nobody", async () => {
  const { path, init, lastUsedAt } = await issued();
  const [ahead, behind] = [isolate(), isolate()];
  behind.at.now -= 60_000;
  await ahead.ask(path, init);
  await ahead.done();
  await behind.ask(path, init);
  await behind.done();
  expect(await lastUsedAt()).toBe(new Date(ahead.at.now).toISOString());
});

test("a request does not fail when it cannot be written, and the next one tries again", async () => {
  const { path, init, lastUsedAt } = await issued();
  const db = watched((query) => {
    if (WRITES_USE.test(query)) throw new Error("D1_ERROR: Network connection lost.");
  });
  const { ask, done, usedAt } = isolate({ db });
  expect((await ask(path, init)).status).toBe(200);
  await done();
  expect(await lastUsedAt()).toBeNull();
  expect(usedAt.size).toBe(0);
});

test("a request that the token may not make is no use of it", async () => {
  const { path, init, lastUsedAt } = await issued(["messages:write"]);
  const { ask, done } = isolate();
  expect((await ask(path, init)).status).toBe(403);
  await done();
  expect(await lastUsedAt()).toBeNull();
});

test("an isolate forgets before it knows of too many", async () => {
  const { path, init } = await issued();
  const { ask, usedAt } = isolate();
  for (let n = 0; n < limits.tokenUse.known; n++) usedAt.set(`tok_${n}`, 0);
  await ask(path, init);
  expect(usedAt.size).toBe(1);
});

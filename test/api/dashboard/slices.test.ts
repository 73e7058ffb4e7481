import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inSlices, type Slice } from "../../../src/dashboard/browser/parts/slices.ts";
import { limits } from "../../../src/platform/limits.ts";
import { backlogStatements } from "../../support/database/backlog.ts";
import { createTenant } from "../../support/worker/api.ts";
import { ADA, type Deployment, deploy } from "../../support/worker/deployment.ts";

/** What the dashboard does with all dead letters that match, against the API, whose calls change 10 each. */
const COUNT = 23;
const perCall = limits.replaysPerCall;
const setPerCall = (replaysPerCall: number) => Object.assign(limits, { replaysPerCall });

let deployment: Deployment;
let tenant: { id: string; path: string };

beforeEach(async () => {
  setPerCall(10);
  deployment = deploy();
  tenant = await createTenant();
  const { id } = await send("endpoints", {
    channel: "webhook",
    url: "https://hooks.example/",
    eventTypes: ["a"],
  });
  const backlog = { tenantId: tenant.id, endpointId: id, count: COUNT, at: deployment.time.now - 1000 };
  for (const sql of backlogStatements(backlog)) await env.DB.prepare(sql).run();
  await env.DB.prepare(
    "UPDATE outbox_deliveries SET state = 'dead', due_at = NULL, settled_at = ?2 WHERE tenant_id = ?1",
  )
    .bind(tenant.id, deployment.time.now - 1000)
    .run();
});
afterEach(() => void setPerCall(perCall));

async function send(path: string, body: object, key: string = crypto.randomUUID()) {
  const headers = {
    authorization: `Bearer ${ADA}`,
    "content-type": "application/json",
    "idempotency-key": key,
  };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await deployment.send(`${tenant.path}/${path}`, init);
  expect(response.ok, `${path}: ${response.status}`).toBe(true);
  // biome-ignore lint/suspicious/noExplicitAny: the API's answers, looked into by tests
  return (await response.json()) as any;
}

const countOf = (condition: string) =>
  env.DB.prepare(`SELECT count(*) AS count FROM outbox_deliveries WHERE tenant_id = ? AND ${condition}`)
    .bind(tenant.id)
    .first<number>("count");

const wait = () => Promise.resolve();

describe.each([
  ["replay", "replayed", "was_dead = 1"],
  ["dismiss", "dismissed", "reason = 'dismissed'"],
])("all dead letters that match, in slices: %s", (action, done, condition) => {
  const keys: string[] = [];
  beforeEach(() => void keys.splice(0));

  /** A call as the page makes it: of what was counted. */
  async function act(): Promise<(key: string) => Promise<Slice>> {
    const { matched, asOf } = await send(`dead-letters/${action}`, { dryRun: true });
    expect(matched).toBe(COUNT);
    return async (key) => {
      keys.push(key);
      const answer = await send(`dead-letters/${action}`, { asOf }, key);
      return { done: answer[done], left: answer.left };
    };
  }

  test("takes each once, and tells how far it is", async () => {
    const told: number[] = [];
    const { signal } = new AbortController();
    const call = await act();
    expect(await inSlices({ call, key: "k-1", signal, wait, told: (done) => told.push(done) })).toEqual({
      done: COUNT,
      left: 0,
      isStopped: false,
      unanswered: 0,
    });
    expect(told).toEqual([10, 20, COUNT]);
    expect(await countOf(condition)).toBe(COUNT);
  });

  test("takes each once where an answer gets lost, and counts what its call did", async () => {
    const call = await act();
    const losing = async (key: string) => {
      const slice = await call(key);
      if (keys.length === 2) throw { status: 0, code: "unreachable" };
      return slice;
    };
    const { signal } = new AbortController();
    expect(await inSlices({ call: losing, key: "k-2", signal, wait })).toMatchObject({
      done: COUNT,
      left: 0,
    });
    expect(keys).toEqual(["k-2.0", "k-2.1", "k-2.1", "k-2.2"]);
    expect(await countOf(condition)).toBe(COUNT);
  });

  test("is stopped between two calls, and goes on with the rest when it is begun again", async () => {
    const call = await act();
    const stopping = new AbortController();
    const told = () => stopping.abort();
    expect(await inSlices({ call, key: "k-3", signal: stopping.signal, wait, told })).toMatchObject({
      done: 10,
      left: COUNT - 10,
      isStopped: true,
    });
    expect(await countOf(condition)).toBe(10);
    const { signal } = new AbortController();
    expect(await inSlices({ call, key: "k-4", signal, wait })).toMatchObject({ done: COUNT - 10, left: 0 });
    expect(await countOf(condition)).toBe(COUNT);
  });
});

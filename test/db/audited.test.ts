import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type AuditEntry, entryOfApp } from "../../src/domain/audit.ts";
import { cancelWhole } from "../../src/interventions/cancel.ts";
import { dismissDeadLetters } from "../../src/interventions/dismiss.ts";
import { endpointReplayInput, replayEndpoint } from "../../src/interventions/replay.ts";
import { retryEndpoint } from "../../src/interventions/retry.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { skipEndpoint } from "../../src/interventions/skip.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { createEndpoint, rotateSecret } from "../../src/registry/endpoints.ts";
import { createEventType } from "../../src/registry/event-types.ts";
import { createTenant, deleteTenant, setTenantPaused } from "../../src/registry/tenants.ts";
import { issueToken } from "../../src/registry/tokens.ts";
import { everythingOf } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { keyRingOf } from "../support/secrets/key-ring.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [], order: "strict" });
});

const entry = (): AuditEntry => entryOfApp("anything", world.random);
const toolsOf = (life?: MortalLife) => ({
  ...world.registryTools(life),
  audit: entry(),
});

async function entriesOf(id = tenant) {
  const { results } = await env.DB.prepare("SELECT * FROM outbox_audit WHERE tenant_id = ? ORDER BY at, id")
    .bind(id)
    .all<{ affected: number; subject: string; at: number }>();
  return results;
}

/** Five messages of five keys, of which the only attempt has failed. */
async function die(): Promise<string[]> {
  world.answer = () => refused();
  const messages = Array.from({ length: 5 }, (_, n) => event("a", n, { orderingKey: `k${n}` }));
  const committed = await world.commit(tenant, { messages });
  await world.runUntilIdle(tenant);
  return committed.messages.map(({ id }) => id);
}

type Act = (tools: ReturnType<typeof toolsOf>) => Promise<unknown>;

const INTERVENTIONS: [string, (ids: string[]) => Act][] = [
  ["cancel", (ids) => (tools) => cancelWhole(tools, tenant, ids[0] ?? "")],
  [
    "replay",
    () => (tools) =>
      replayEndpoint(tools, tenant, endpoint, endpointReplayInput.parse({ since: "2000-01-01T00:00:00Z" })),
  ],
  ["dismiss", () => (tools) => dismissDeadLetters(tools, tenant, deadLetterInput.parse({}))],
  ["skip", () => (tools) => skipEndpoint(tools, tenant, endpoint, { dryRun: false })],
];

describe("an intervention is on record with how many deliveries it changes", () => {
  test.each(INTERVENTIONS)("%s", async (name, make) => {
    const ids = name === "cancel" ? [] : await die();
    if (name === "cancel") {
      await world.createEndpoint(tenant);
      ids.push((await world.commit(tenant, { messages: [event("a", 1)] })).messages[0]?.id ?? "");
    }
    await make(ids)(toolsOf());
    expect(await entriesOf()).toMatchObject([{ affected: name === "cancel" ? 2 : 5 }]);
    await make(ids)(toolsOf());
    expect(await entriesOf()).toHaveLength(1);
  });

  test("a retry, also one that only opens the breaker's way", async () => {
    const patient = await world.createEndpoint(tenant, { eventTypes: ["b"] });
    await world.commit(tenant, { messages: [1, 2, 3].map((n) => event("b", n)) });
    const waiting = "UPDATE outbox_deliveries SET due_at = 9e12 WHERE tenant_id = ? AND settled_at IS NULL";
    await env.DB.prepare(waiting).bind(tenant).run();
    await retryEndpoint(toolsOf(), tenant, patient, { dryRun: false });
    expect(await entriesOf()).toMatchObject([{ affected: 3 }]);
    world.now += 1000;
    await retryEndpoint(toolsOf(), tenant, patient, { dryRun: false });
    const held = "UPDATE outbox_endpoints SET held_until = 9e12 WHERE tenant_id = ? AND id = ?";
    await env.DB.prepare(held).bind(tenant, patient).run();
    await retryEndpoint(toolsOf(), tenant, patient, { dryRun: false });
    expect((await entriesOf()).map(({ affected }) => affected)).toEqual([3, 0]);
  });

  test("no more than one call changes, though more match", async () => {
    const rows = Array.from({ length: limits.replaysPerCall + 1 }, (_, n) => n + 1);
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, committed_at)
         SELECT ?1, t.number * 68719476736 + value, 1, printf('%013d', value), 'a', '1', ?3
         FROM json_each(?2), outbox_tenants t WHERE t.id = ?1`,
      ).bind(tenant, JSON.stringify(rows), world.now),
      env.DB.prepare(
        `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state, settled_at)
         SELECT ?1, value, ?3, 1, 'dead', 1 FROM json_each(?2)`,
      ).bind(tenant, JSON.stringify(rows), endpoint),
    ]);
    const answer = await dismissDeadLetters(toolsOf(), tenant, deadLetterInput.parse({}));
    expect(answer).toMatchObject({ matched: limits.replaysPerCall + 1, dismissed: limits.replaysPerCall });
    expect(await entriesOf()).toMatchObject([{ affected: limits.replaysPerCall }]);
  });

  test("with the messages and the endpoint that it names", async () => {
    const ids = await die();
    const deliveries = ids.slice(0, 2).map((messageId) => ({ messageId, endpointId: endpoint }));
    const named = {
      deliveries: [...deliveries, { messageId: "none", endpointId: "none" }],
      endpointId: endpoint,
    };
    await dismissDeadLetters(toolsOf(), tenant, deadLetterInput.parse(named));
    const [row] = await entriesOf();
    expect([row?.affected, JSON.parse(row?.subject ?? "")]).toEqual([
      2,
      { endpoint, messages: ids.slice(0, 2) },
    ]);
  });
});

const WRITES: [string, Act][] = [
  ["a tenant is made", (tools) => createTenant(tools, { id: `${tenant}-b` })],
  ["a tenant is paused", (tools) => setTenantPaused(tools, tenant, true)],
  ["a tenant is deleted", (tools) => deleteTenant(tools, tenant)],
  [
    "an endpoint is made",
    (tools) => createEndpoint(tools, tenant, { channel: "email", address: "a@example.com" }),
  ],
  ["a secret is rotated", (tools) => rotateSecret(tools, tenant, endpoint)],
  ["an event type is made", (tools) => createEventType(tools, tenant, { name: "a" })],
  [
    "a token is issued",
    (tools) => issueToken({ ...tools, keyRing: keyRingOf("k") }, tenant, { scopes: ["read"] }),
  ],
  ["dead letters are dismissed", (tools) => dismissDeadLetters(tools, tenant, deadLetterInput.parse({}))],
];

/*
 * Setup: a tenant with an endpoint and dead letters; a process that makes an administrative write.
 * Timeline: it dies at its nth await, before or after what it awaits has happened.
 * What this proves: what was written has its entry, and what was not has none.
 */
describe.each(WRITES)("when %s", (_, act) => {
  test("the write and its entry have both happened or neither, whenever the process dies", async () => {
    await die();
    const made = `${tenant}-b`;
    const without = await stateOf(made);
    const [written, entries] = [async () => (await stateOf(made)) !== without, () => countEntries(made)];
    for (const life of lives()) {
      await Promise.race([act(toolsOf(life)), life.death]);
      expect(await entries()).toBe((await written()) ? 1 : 0);
      if (await written()) break;
    }
    expect(await entries()).toBe(1);
  });
});

/** Processes that die ever later; before what they await has happened, then right after. */
function* lives(): Generator<MortalLife> {
  for (let at = 1; at < 20; at++)
    for (const side of ["before", "after"] as const) yield new MortalLife(at, side);
}

async function countEntries(made: string): Promise<number> {
  return (await entriesOf()).length + (await entriesOf(made)).length;
}

/** All that there is of the tenants but the audit, as text. */
async function stateOf(made: string): Promise<string> {
  const everything = [...JSON.parse(await everythingOf(tenant)), ...JSON.parse(await everythingOf(made))];
  return JSON.stringify(everything.filter((_, n) => n % 9 !== 8));
}

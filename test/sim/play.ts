import { messageId } from "../../src/domain/ids.ts";
import { ORDERINGS } from "../../src/domain/states.ts";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { cancelOne, cancelWhole } from "../../src/interventions/cancel.ts";
import {
  deadLetterReplayInput,
  endpointReplayInput,
  replayDeadLetters,
  replayEndpoint,
  replayOne,
} from "../../src/interventions/replay.ts";
import { skipEndpoint, skipOne } from "../../src/interventions/skip.ts";
import type { CommitRequest } from "../../src/outbox/commit.ts";
import { event, type MessageInput } from "../../src/outbox/message.ts";
import {
  disableEndpoint,
  type EndpointTools,
  enableEndpoint,
  setEndpointPaused,
  updateEndpoint,
} from "../../src/registry/endpoints.ts";
import type { RecordedFault } from "./faults.ts";
import { inspecting } from "./inspect.ts";
import { PLAIN_VAULT } from "./plain-vault.ts";
import { SeededRandom } from "./random.ts";
import { SimEndpoint } from "./sim-endpoint.ts";
import { LEASE_MS, SimWorld } from "./sim-world.ts";
import { watchPurge } from "./watch-purge.ts";

const SECOND = 1000;
const TROUBLE_MS = 120 * SECOND;
/** Longer than somebody repeats a request, so that its idempotency key is still known. */
const RETENTION = { retentionMs: 40 * SECOND, deadRetentionMs: 80 * SECOND };
/** After which a purge has had time for all that was ever settled. */
const PURGED_WITHIN_MS = 300 * SECOND;
const PATIENCE_MS = 6 * 3600 * SECOND;

/** A message somebody was told is committed. */
export interface Acknowledged {
  tenantId: string;
  id: string;
  deliveries: number;
}

/** One history, played to its end. */
export interface Played {
  world: SimWorld;
  acknowledged: Acknowledged[];
  /** Committed once, and undone when the database was set back. */
  undone: Set<string>;
  restoredAt: number | undefined;
  /** What was removed that should have stayed. */
  wronglyPurged: string[];
  faults: readonly RecordedFault[];
}

/** Plays the history of a seed: some minutes of trouble, then a world that heals, until nothing is left to do. */
export async function play(seed: number): Promise<Played> {
  const world = new SimWorld(seed);
  const played: Played = {
    world,
    acknowledged: [],
    undone: new Set(),
    restoredAt: undefined,
    wronglyPurged: watchPurge(world),
    faults: world.faults.recorded,
  };
  const tenants = Array.from({ length: 1 + world.random.below(3) }, (_, n) => `tenant${n}`);
  for (const tenantId of tenants) settleIn(played, tenantId);
  for (let n = 5 + world.random.below(40); n > 0; n--) {
    const at = world.timeline.now + world.random.between(0, TROUBLE_MS * 0.8);
    world.timeline.at(at, () => void produce(played, world.random.pick(tenants), n));
  }
  scheduleAdministration(played);
  scheduleInterventions(played);
  scheduleRestore(played);
  scheduleOutages(played);
  // From a stream of its own: which histories are purged changes nothing in the others.
  if (new SeededRandom(~seed).chance(1 / 6)) world.retention = RETENTION;

  await world.timeline.runUntil(world.timeline.now + TROUBLE_MS);
  await heal(played);
  return played;
}

function settleIn(played: Played, tenantId: string) {
  const { world } = played;
  const { d1, random } = world;
  d1.sqlite.exec("CREATE TABLE IF NOT EXISTS app_orders (tag TEXT NOT NULL) STRICT");
  d1.query("INSERT INTO outbox_tenants (id, state, created_at) VALUES (?, 'active', 0)", tenantId);
  for (let n = 1 + random.below(3); n > 0; n--) {
    const id = `ep_${tenantId}_${n}`;
    const types = random.chance(0.3) ? '["a"]' : null;
    const ordering = random.chance(0.25) ? "strict" : "lenient";
    if (ordering === "strict") world.strict.add(id);
    d1.query(
      `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, ordering, state, created_at, updated_at)
       VALUES (?, ?, ?, 'x', ?, ?, 'enabled', 0, 0)`,
      tenantId,
      id,
      random.chance(0.8) ? "webhook" : "email",
      types,
      ordering,
    );
    world.endpoints.set(id, new SimEndpoint(world, tenantId, id, inspecting(played)));
  }
  if (random.chance(0.3)) limitRates(world, tenantId);
  if (random.chance(0.3)) addListener(played, tenantId);
}

function limitRates({ d1, random }: SimWorld, tenantId: string) {
  const rate = random.between(0.5, 5);
  d1.query("UPDATE outbox_endpoints SET rate_limit = ? WHERE tenant_id = ?", rate, tenantId);
}

/** An endpoint that hears the system events, and never fails. */
function addListener(played: Played, tenantId: string) {
  const { world } = played;
  const id = `ep_${tenantId}_listener`;
  world.d1.query(
    `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, state, created_at, updated_at)
     VALUES (?, ?, 'webhook', 'x', ?, 'enabled', 0, 0)`,
    tenantId,
    id,
    JSON.stringify(SYSTEM_EVENTS),
  );
  const listener = new SimEndpoint(world, tenantId, id, inspecting(played));
  listener.reliable = true;
  world.endpoints.set(id, listener);
}

/** Whom people do things to: not the listeners. */
function ordinary(world: SimWorld): SimEndpoint[] {
  return [...world.endpoints.values()].filter(({ reliable }) => !reliable);
}

function scheduleOutages({ world }: Played) {
  const { faults, random, timeline } = world;
  for (const endpoint of ordinary(world)) {
    if (!faults.strikes("endpoint-down")) continue;
    timeline.at(timeline.now + random.between(0, TROUBLE_MS / 2), () => {
      endpoint.downUntil = timeline.now + random.between(5 * SECOND, 80 * SECOND);
      faults.record("endpoint-down", endpoint.id);
    });
  }
}

async function produce(played: Played, tenantId: string, n: number) {
  const { world } = played;
  const { random } = world;
  const tag = `${tenantId}-${n}`;
  const count = 1 + random.below(4);
  const messages = Array.from({ length: count }, (_, m): MessageInput => {
    const orderingKey = random.chance(0.6) ? { orderingKey: `key${random.below(3)}` } : {};
    const deliverAt = random.chance(0.1)
      ? { deliverAt: new Date(world.timeline.now + random.between(0, 30 * SECOND)) }
      : {};
    return event(random.pick(["a", "b"]), { tag, m }, { ...orderingKey, ...deliverAt });
  });
  const key = random.chance(0.5) ? { idempotencyKey: tag } : {};
  for (let tries = 0; tries < 3; tries++) {
    const process = world.start(`request ${tag}`);
    const write = world.d1.for(process).prepare("INSERT INTO app_orders (tag) VALUES (?)").bind(tag);
    const request: CommitRequest = { writes: [write], messages, ...key };
    const answer = await Promise.race([
      world.commit(process, tenantId, request).catch((error: Error) => error),
      world.timeline.after(10 * SECOND).then(() => new Error("no answer")),
    ]);
    if (!(answer instanceof Error)) {
      world.timeline.note(`${process.name} is told: ${answer.messages.map(({ id }) => id).join(" ")}`);
      const acknowledged = answer.messages.map(({ id, deliveries }) => ({ tenantId, id, deliveries }));
      // The answer can come after the database was set back.
      played.acknowledged.push(...acknowledged.filter(({ id }) => !played.undone.has(id)));
      return;
    }
    world.timeline.note(`${process.name} is told: ${answer.message}`);
    if (key.idempotencyKey === undefined) return;
  }
}

function scheduleAdministration({ world }: Played) {
  const { random, timeline } = world;
  if (!random.chance(0.3)) return;
  for (const endpoint of ordinary(world)) {
    const at = timeline.now + random.between(0, TROUBLE_MS / 2);
    timeline.at(at, () => void administer(world, endpoint, disableEndpoint));
    timeline.at(
      at + random.between(SECOND, TROUBLE_MS / 2),
      () => void administer(world, endpoint, enableEndpoint),
    );
  }
}

type Act = (tools: EndpointTools, tenantId: string, id: string) => Promise<unknown>;

async function administer(world: SimWorld, { tenantId, id }: SimEndpoint, act: Act) {
  const process = world.start(`${act.name} ${id}`);
  const wake = (tenantId: string, at: number) => world.wake(process, tenantId, at);
  const { d1, random } = world;
  const tools = { db: d1.for(process), clock: process.clock, random, vault: PLAIN_VAULT, wake };
  await act(tools, tenantId, id).catch((error: Error) =>
    world.timeline.note(`${process.name}: ${error.message}`),
  );
}

/** Somebody cancels messages, replays or skips what died, changes the order, and pauses an endpoint for a while. */
function scheduleInterventions({ world }: Played) {
  const { random, timeline } = world;
  if (!random.chance(0.4)) return;
  for (let n = 1 + random.below(4); n > 0; n--) {
    timeline.at(timeline.now + random.between(10 * SECOND, TROUBLE_MS), () => void intervene(world));
  }
}

async function intervene(world: SimWorld) {
  const { random } = world;
  const endpoint = random.pick(ordinary(world));
  const { tenantId, id } = endpoint;
  const process = world.start(`intervention ${id}`);
  const wake = (tenantId: string, at: number) => world.wake(process, tenantId, at);
  const tools = { db: world.d1.for(process), clock: process.clock, random, vault: PLAIN_VAULT, wake };
  const rows = world.d1.query<{ seq: number; nonce: string }>(
    "SELECT seq, nonce FROM outbox_messages WHERE tenant_id = ?",
    tenantId,
  );
  const message = rows.length > 0 ? messageId(random.pick(rows)) : "";
  const since = new Date(world.timeline.now - random.between(0, 60 * SECOND)).toISOString();
  const replays = endpointReplayInput.parse({
    since,
    states: random.pick([["dead"], ["dead", "delivered"]]),
  });
  const acts: [name: string, act: () => Promise<unknown>][] = [
    ["cancels a message", () => cancelWhole(tools, tenantId, message)],
    ["cancels a delivery", () => cancelOne(tools, tenantId, message, id)],
    ["replays a delivery", () => replayOne(tools, tenantId, message, id)],
    ["replays an endpoint", () => replayEndpoint(tools, tenantId, id, replays)],
    ["replays the dead letters", () => replayDeadLetters(tools, tenantId, deadLetterReplayInput.parse({}))],
    ["skips a delivery", () => skipOne(tools, tenantId, random.pick([...headsOf(world, id), message]), id)],
    ["skips an endpoint", () => skipEndpoint(tools, tenantId, id, { dryRun: false })],
    ["changes the order", () => updateEndpoint(tools, tenantId, id, { order: random.pick([...ORDERINGS]) })],
    ["pauses for a while", () => pauseForAWhile(world, endpoint)],
  ];
  const [name, act] = random.pick(acts);
  if (name.startsWith("replays")) world.replayedAt = world.timeline.now;
  if (/^(skips|changes)/.test(name)) world.strict.delete(id);
  world.timeline.note(`${process.name} ${name} ${message}`);
  const answer = await act().catch((error: Error) => error.message);
  if (name.startsWith("replays")) world.replayedAt = world.timeline.now;
  world.timeline.note(`${process.name} is told: ${JSON.stringify(answer)}`);
}

/** The messages whose delivery to an endpoint is dead, and blocks its key. */
function headsOf({ d1 }: SimWorld, endpointId: string): string[] {
  const rows = d1.query<{ seq: number; nonce: string }>(
    `SELECT d.seq, m.nonce FROM outbox_deliveries d JOIN outbox_messages m USING (tenant_id, seq)
     WHERE d.endpoint_id = ? AND d.state = 'dead' AND d.blocks = 1`,
    endpointId,
  );
  return rows.map(messageId);
}

async function pauseForAWhile(world: SimWorld, endpoint: SimEndpoint) {
  await administer(world, endpoint, (tools, tenantId, id) => setEndpointPaused(tools, tenantId, id, true));
  await world.timeline.after(world.random.between(SECOND, 60 * SECOND));
  await administer(world, endpoint, (tools, tenantId, id) => setEndpointPaused(tools, tenantId, id, false));
}

/** The operator sets the database back to how it was some time ago. */
function scheduleRestore(played: Played) {
  const { world } = played;
  const { d1, faults, random, timeline } = world;
  if (!faults.has("restore")) return;
  const from = timeline.now + random.between(20 * SECOND, TROUBLE_MS / 2);
  timeline.at(from, () => {
    const snapshot = d1.snapshot();
    timeline.at(timeline.now + random.between(SECOND, TROUBLE_MS / 3), () => {
      const before = idsIn(world);
      d1.restore(snapshot);
      const after = idsIn(world);
      for (const id of before) if (!after.has(id)) played.undone.add(id);
      played.restoredAt = timeline.now;
      played.acknowledged = played.acknowledged.filter(({ id }) => !played.undone.has(id));
      faults.record("restore", `${played.undone.size} messages undone`);
    });
  });
}

function idsIn({ d1 }: SimWorld): Set<string> {
  const rows = d1.query<{ seq: number; nonce: string }>("SELECT seq, nonce FROM all_messages");
  return new Set(rows.map(messageId));
}

/** The faults end, the Durable Objects may be wiped, and everybody may take the time they need. */
async function heal({ world }: Played) {
  const { d1, faults, random, timeline } = world;
  faults.heal();
  timeline.note("— the world heals —");
  if (random.chance(0.2)) world.loseAlarms();
  for (const endpoint of world.endpoints.values()) endpoint.downUntil = 0;
  const deadline = timeline.now + PATIENCE_MS;
  const way = random.pick(waysToRelease(world));
  const open = () => d1.query("SELECT 1 FROM outbox_deliveries WHERE settled_at IS NULL LIMIT 1").length > 0;
  do {
    // What dies again and again is given up in the end.
    release(world, timeline.now < deadline - PATIENCE_MS / 2 ? way : skipHeads);
    await enableAll(world);
    await timeline.runUntil(timeline.now + LEASE_MS);
  } while (open() && timeline.now < deadline);
  if (world.retention) await timeline.runUntil(timeline.now + PURGED_WITHIN_MS);
  world.close();
  await timeline.runUntil(timeline.now + 10 * LEASE_MS);
}

const skipHeads: Act = (...at) => skipEndpoint(...at, { dryRun: false });

/** What somebody does about the blocked keys of an endpoint: gives their heads up, has them tried again, or waives the order. */
function waysToRelease(world: SimWorld): Act[] {
  return [
    skipHeads,
    (...at) => updateEndpoint(...at, { order: "lenient" }),
    (tools, tenantId, id) =>
      Promise.all(headsOf(world, id).map((head) => replayOne(tools, tenantId, head, id))),
  ];
}

function release(world: SimWorld, way: Act) {
  for (const endpoint of world.endpoints.values()) {
    if (headsOf(world, endpoint.id).length === 0) continue;
    world.strict.delete(endpoint.id);
    void administer(world, endpoint, way);
  }
}

async function enableAll(world: SimWorld) {
  const stopped = "SELECT id FROM outbox_endpoints WHERE state IN ('disabled', 'paused')";
  for (const { id } of world.d1.query<{ id: string }>(stopped)) {
    const endpoint = world.endpoints.get(id);
    if (endpoint) void administer(world, endpoint, enableEndpoint);
    await world.timeline.runUntil(world.timeline.now + SECOND);
  }
}

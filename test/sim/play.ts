import { handlerEndpointId } from "../../src/domain/handlers.ts";
import { messageId } from "../../src/domain/ids.ts";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { skipEndpoint } from "../../src/interventions/skip.ts";
import type { CommitRequest } from "../../src/outbox/commit.ts";
import { event, type MessageInput } from "../../src/outbox/message.ts";
import { enableEndpoint, updateEndpoint } from "../../src/registry/endpoints.ts";
import type { RecordedFault } from "./faults.ts";
import { inspecting } from "./inspect.ts";
import {
  type Act,
  administer,
  headsOf,
  ordinary,
  scheduleAdministration,
  scheduleChanges,
  scheduleInterventions,
} from "./interventions.ts";
import { SeededRandom } from "./random.ts";
import { SimEndpoint } from "./sim-endpoint.ts";
import { HANDLERS, SimHandlers } from "./sim-handlers.ts";
import { LEASE_MS, SimWorld, TROUBLE_MS } from "./sim-world.ts";
import { watchEffects } from "./watch-effects.ts";
import { watchPurge } from "./watch-purge.ts";

const SECOND = 1000;
/** Longer than somebody repeats a request, so that its idempotency key is still known. */
const RETENTION = {
  retentionMs: 40 * SECOND,
  deadRetentionMs: 80 * SECOND,
  leastRetentionMs: 40 * SECOND,
  databaseMaxBytes: 1e10,
};
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
  giveHandlers(world, seed);
  for (const tenantId of tenants) settleIn(played, tenantId);
  for (let n = 5 + world.random.below(40); n > 0; n--) {
    const at = world.timeline.now + world.random.between(0, TROUBLE_MS * 0.8);
    world.timeline.at(at, () => void produce(played, world.random.pick(tenants), n));
  }
  scheduleAdministration(world);
  scheduleInterventions(world);
  scheduleChanges(world, tenants);
  scheduleRestore(played);
  scheduleOutages(played);
  // From a stream of its own, as the handlers: which histories have them changes nothing in the others.
  if (new SeededRandom(~seed).chance(1 / 6)) world.retention = RETENTION;

  await world.timeline.runUntil(world.timeline.now + TROUBLE_MS);
  await heal(played);
  return played;
}

/** One history of five has them. */
function giveHandlers(world: SimWorld, seed: number) {
  if (!new SeededRandom(seed ^ 0x5bd1e995).chance(1 / 5)) return;
  world.handlers = new SimHandlers(world, seed);
  watchEffects(world);
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
    world.endpoints.push(new SimEndpoint(world, tenantId, id, inspecting(played)));
  }
  if (random.chance(0.3)) limitRates(world, tenantId);
  if (random.chance(0.3)) addListener(played, tenantId);
  if (!world.handlers) return;
  for (const name of HANDLERS) {
    world.endpoints.push(new SimEndpoint(world, tenantId, handlerEndpointId(name), inspecting(played)));
  }
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
  world.endpoints.push(listener);
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
    const options = { ...orderingKey, ...deliverAt };
    if (world.handlers?.random.chance(0.4)) return world.handlers.work({ tag, m }, options);
    return event(random.pick(["a", "b"]), { tag, m }, options);
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
  for (const endpoint of world.endpoints) endpoint.downUntil = 0;
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
      Promise.all(
        headsOf(world, world.endpointOf(tenantId, id)).map((head) => replayOne(tools, tenantId, head, id)),
      ),
  ];
}

function release(world: SimWorld, way: Act) {
  for (const endpoint of world.endpoints) {
    if (headsOf(world, endpoint).length === 0) continue;
    world.strict.delete(endpoint.id);
    void administer(world, endpoint, way);
  }
}

async function enableAll(world: SimWorld) {
  const stopped = "SELECT tenant_id, id FROM outbox_endpoints WHERE state IN ('disabled', 'paused')";
  for (const { tenant_id, id } of world.d1.query<{ tenant_id: string; id: string }>(stopped)) {
    void administer(world, world.endpointOf(tenant_id, id), enableEndpoint);
    await world.timeline.runUntil(world.timeline.now + SECOND);
  }
}

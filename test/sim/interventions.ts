import { ID_KEY } from "../../src/db/message-ref.ts";
import { type MessageIdRow, messageId } from "../../src/domain/message-id.ts";
import { ORDERINGS } from "../../src/domain/states.ts";
import { cancelOne, cancelWhole, type InterventionTools } from "../../src/interventions/cancel.ts";
import { dismissDeadLetters, dismissOne } from "../../src/interventions/dismiss.ts";
import {
  endpointReplayInput,
  replayDeadLetters,
  replayEndpoint,
  replayOne,
} from "../../src/interventions/replay.ts";
import { retryEndpoint, retryOne } from "../../src/interventions/retry.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { skipEndpoint, skipOne } from "../../src/interventions/skip.ts";
import {
  disableEndpoint,
  type EndpointTools,
  enableEndpoint,
  setEndpointPaused,
  updateEndpoint,
} from "../../src/registry/endpoints.ts";
import { createEventType } from "../../src/registry/event-types.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { payloadSchemas } from "../support/known-types.ts";
import { PLAIN_VAULT } from "./plain-vault.ts";
import type { SimEndpoint } from "./sim-endpoint.ts";
import { type SimWorld, TROUBLE_MS } from "./sim-world.ts";

const SECOND = 1000;

/** Whom people do things to: not the listeners. */
export function ordinary(world: SimWorld): SimEndpoint[] {
  return world.endpoints.filter(({ reliable }) => !reliable);
}

export function scheduleAdministration(world: SimWorld) {
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

/** Every URL will do. */
const refuseUrl = () => undefined;

export type Act = (tools: EndpointTools, tenantId: string, id: string) => Promise<unknown>;

export async function administer(world: SimWorld, { tenantId, id }: SimEndpoint, act: Act) {
  const process = world.start(`${act.name} ${id}`);
  const wake = (tenantId: string, at: number) => world.wake(process, tenantId, at);
  const { d1, random } = world;
  const tools = { db: d1.for(process), clock: process.clock, random, vault: PLAIN_VAULT, wake, refuseUrl };
  await act(tools, tenantId, id).catch((error: Error) =>
    world.timeline.note(`${process.name}: ${error.message}`),
  );
  process.release();
}

/** Somebody cancels messages, replays or skips what died, changes the order, and pauses an endpoint for a while. */
export function scheduleInterventions(world: SimWorld) {
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
  const tools = {
    db: world.d1.for(process),
    clock: process.clock,
    random,
    vault: PLAIN_VAULT,
    wake,
    refuseUrl,
  };
  const rows = world.d1.query<MessageIdRow>(
    `SELECT seq, nonce, ${ID_KEY} FROM outbox_messages WHERE tenant_id = ?`,
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
    ["replays what was scheduled", () => cancelAndReplay(tools, endpoint, scheduledIn(world, endpoint))],
    ["replays an endpoint", () => replayEndpoint(tools, tenantId, id, replays)],
    ["replays the dead letters", () => replayDeadLetters(tools, tenantId, deadLetterInput.parse({}))],
    [
      "skips a delivery",
      () => skipOne(tools, tenantId, random.pick([...headsOf(world, endpoint), message]), id),
    ],
    ["skips an endpoint", () => skipEndpoint(tools, tenantId, id, { dryRun: false })],
    ["changes the order", () => updateEndpoint(tools, tenantId, id, { order: random.pick([...ORDERINGS]) })],
    [
      "retries a delivery",
      () => retryOne(tools, tenantId, random.pick([...retriesOf(world, endpoint), message]), id),
    ],
    ["retries an endpoint", () => retryEndpoint(tools, tenantId, id, { dryRun: false })],
    [
      "dismisses a delivery",
      () => dismissOne(tools, tenantId, random.pick([...deadOf(world, endpoint), message]), id),
    ],
    ["dismisses the dead letters", () => dismissDeadLetters(tools, tenantId, deadLetterInput.parse({}))],
    ["pauses for a while", () => pauseForAWhile(world, endpoint)],
  ];
  const [name, act] = random.pick(acts);
  if (name.startsWith("replays")) world.replayedAt = world.timeline.now;
  if (/^(skips|changes)/.test(name)) world.strict.delete(id);
  world.timeline.note(`${process.name} ${name} ${message}`);
  const answer = await act().catch((error: Error) => error.message);
  if (name.startsWith("replays")) world.replayedAt = world.timeline.now;
  world.timeline.note(`${process.name} is told: ${JSON.stringify(answer)}`);
  process.release();
}

/** Somebody cancels by mistake, and takes it back. */
async function cancelAndReplay(
  tools: InterventionTools,
  { tenantId, id }: SimEndpoint,
  messages: readonly string[],
): Promise<void> {
  for (const message of messages) {
    await cancelOne(tools, tenantId, message, id);
    await replayOne(tools, tenantId, message, id);
  }
}

/** The messages whose delivery to an endpoint waits for its time. */
const scheduledIn = (world: SimWorld, endpoint: SimEndpoint) =>
  messagesOf(world, endpoint, `d.settled_at IS NULL AND m.deliver_at > ${world.timeline.now}`);

/** Those whose delivery waits for its next attempt. */
const retriesOf = (world: SimWorld, endpoint: SimEndpoint) =>
  messagesOf(world, endpoint, "d.state = 'pending' AND d.attempts > d.schedule_from");

const deadOf = (world: SimWorld, endpoint: SimEndpoint) => messagesOf(world, endpoint, "d.state = 'dead'");

/** Those whose delivery is dead, and blocks its key. */
export const headsOf = (world: SimWorld, endpoint: SimEndpoint) =>
  messagesOf(world, endpoint, "d.state = 'dead' AND d.blocks = 1");

function messagesOf({ d1 }: SimWorld, { tenantId, id }: SimEndpoint, where: string): string[] {
  const rows = d1.query<MessageIdRow>(
    `SELECT d.seq, m.nonce, ${ID_KEY} FROM outbox_deliveries d JOIN outbox_messages m USING (tenant_id, seq)
     WHERE d.tenant_id = ? AND d.endpoint_id = ? AND ${where}`,
    tenantId,
    id,
  );
  return rows.map(messageId);
}

async function pauseForAWhile(world: SimWorld, endpoint: SimEndpoint) {
  await administer(world, endpoint, (tools, tenantId, id) => setEndpointPaused(tools, tenantId, id, true));
  await world.timeline.after(world.random.between(SECOND, 60 * SECOND));
  await administer(world, endpoint, (tools, tenantId, id) => setEndpointPaused(tools, tenantId, id, false));
}

/** Where there are handlers: event types come up, so that what messages were checked by is outdated; a tenant may be deleted. */
export function scheduleChanges(world: SimWorld, tenants: readonly string[]) {
  const { handlers, timeline } = world;
  if (!handlers) return;
  const { random } = handlers;
  const soon = () => timeline.now + random.between(0, TROUBLE_MS);
  if (random.chance(0.3)) {
    for (let n = 1 + random.below(6); n > 0; n--) {
      timeline.at(soon(), () => void change(world, random.pick(tenants), { name: `type${n}` }));
    }
  }
  if (random.chance(0.1)) timeline.at(soon(), () => void change(world, random.pick(tenants), "deleted"));
}

async function change(world: SimWorld, tenantId: string, what: { name: string } | "deleted") {
  const process = world.start(`change of ${tenantId}`);
  const { clock, timeline } = process;
  const wake = (tenant: string, at: number) => world.wake(process, tenant, at);
  const tools = { db: world.d1.for(process), clock, random: world.random, wake, payloadSchemas };
  timeline.note(`${process.name}: ${JSON.stringify(what)}`);
  await (what === "deleted" ? deleteTenant(tools, tenantId) : createEventType(tools, tenantId, what)).catch(
    (error: Error) => timeline.note(`${process.name}: ${error.message}`),
  );
}

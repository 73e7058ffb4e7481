import { dismissOne } from "../../src/interventions/dismiss.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { skipEndpoint } from "../../src/interventions/skip.ts";
import { enableEndpoint, updateEndpoint } from "../../src/registry/endpoints.ts";
import { checkPromptness } from "./epilogue.ts";
import { type Act, administer, headsOf } from "./interventions.ts";
import { findUnsettled } from "./judge-history.ts";
import type { Played } from "./play.ts";
import { COME_AGAIN_MS, COME_WITHIN_MS } from "./sim-events.ts";
import { LEASE_MS, type SimWorld } from "./sim-world.ts";

const SECOND = 1000;
/** After which a purge has had time for all that was ever settled. */
const PURGED_WITHIN_MS = 300 * SECOND;
/** After which all that came back is on record: it was told, told again, and the cron has looked at what was kept. */
const TOLD_WITHIN_MS = COME_WITHIN_MS + 2 * COME_AGAIN_MS + 90 * SECOND;
const PATIENCE_MS = 6 * 3600 * SECOND;

/** The faults end, the Durable Objects may be wiped, and everybody may take the time they need. */
export async function heal(played: Played) {
  const { world } = played;
  const { d1, faults, random, timeline } = world;
  faults.heal();
  timeline.note("— the world heals —");
  if (random.chance(0.2)) world.relays.wipe();
  for (const endpoint of world.endpoints) endpoint.downUntil = 0;
  d1.full = undefined;
  if (world.mail) world.mail.isRepaired = true;
  world.versionsUntil = 0;
  await settleAll(world);
  // The commits of the epilogue would wake those whom nobody looks at.
  played.complaints.push(...findUnsettled(played));
  await checkPromptness(played);
  await settleAll(world);
  if (world.retention) await timeline.runUntil(timeline.now + PURGED_WITHIN_MS);
  if (world.mail) await timeline.runUntil(timeline.now + TOLD_WITHIN_MS);
  world.close();
  await timeline.runUntil(timeline.now + 10 * LEASE_MS);
}

/** Everybody may take the time they need. Somebody sees to blocked keys, and to endpoints that are disabled. */
async function settleAll(world: SimWorld) {
  const { d1, random, timeline } = world;
  const deadline = timeline.now + PATIENCE_MS;
  const way = random.pick(waysToRelease(world));
  const open = () => d1.query("SELECT 1 FROM outbox_deliveries WHERE settled_at IS NULL LIMIT 1").length > 0;
  do {
    // What dies again and again is given up in the end.
    release(world, timeline.now < deadline - PATIENCE_MS / 2 ? way : skipHeads);
    await enableAll(world);
    await timeline.runUntil(timeline.now + LEASE_MS);
  } while (open() && timeline.now < deadline);
}

const skipHeads: Act = (...at) => skipEndpoint(...at, { dryRun: false });

/** What somebody does about the blocked keys of an endpoint: gives their heads up, has them tried again, puts them away, or waives the order. */
function waysToRelease(world: SimWorld): Act[] {
  const eachHead =
    (act: typeof replayOne | typeof dismissOne): Act =>
    (tools, tenantId, id) =>
      Promise.all(
        headsOf(world, world.endpointOf(tenantId, id)).map((head) => act(tools, tenantId, head, id)),
      );
  return [
    skipHeads,
    (...at) => updateEndpoint(...at, { order: "lenient" }),
    eachHead(replayOne),
    eachHead(dismissOne),
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

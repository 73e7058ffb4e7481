import type { RecordedFault } from "./faults.ts";
import { heal } from "./heal.ts";
import { scheduleAdministration, scheduleChanges, scheduleInterventions } from "./interventions.ts";
import { scheduleMisfortunes } from "./misfortunes.ts";
import { SeededRandom } from "./random.ts";
import { produce } from "./requests.ts";
import { createAppTables, settleIn, settleWatcherIn } from "./settle-in.ts";
import { SimHandlers } from "./sim-handlers.ts";
import { SimMail } from "./sim-mail.ts";
import { SimWorld, TROUBLE_MS } from "./sim-world.ts";
import { watchEffects } from "./watch-effects.ts";
import { watchInterventions } from "./watch-interventions.ts";
import { watchPurge } from "./watch-purge.ts";

const SECOND = 1000;
/** Longer than somebody repeats a request, so that its idempotency key is still known. */
const RETENTION = {
  retentionMs: 40 * SECOND,
  deadRetentionMs: 80 * SECOND,
  leastRetentionMs: 40 * SECOND,
  databaseMaxBytes: 1e10,
};

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
  /** What was wrong at the moment it happened. */
  complaints: string[];
  faults: readonly RecordedFault[];
}

/**
 * Plays the history of a seed: some minutes of trouble, then a world that heals, until nothing is left to do.
 * @param without faults that it is not to have
 */
export async function play(seed: number, without: readonly string[] = []): Promise<Played> {
  const world = new SimWorld(seed, without);
  const played: Played = {
    world,
    acknowledged: [],
    undone: new Set(),
    restoredAt: undefined,
    wronglyPurged: watchPurge(world),
    complaints: watchInterventions(world),
    faults: world.faults.recorded,
  };
  const tenants = Array.from({ length: 1 + world.random.below(3) }, (_, n) => `tenant${n}`);
  createAppTables(world);
  giveHandlers(world, seed);
  if (new SeededRandom(seed ^ 0x1b873593).chance(1 / 5)) world.mail = new SimMail(world, seed);
  for (const tenantId of tenants) settleIn(played, tenantId);
  settleWatcherIn(played);
  for (let n = 5 + world.random.below(40); n > 0; n--) {
    const at = world.timeline.now + world.random.between(0, TROUBLE_MS * 0.8);
    world.timeline.at(at, () => void produce(played, world.random.pick(tenants), n));
  }
  scheduleAdministration(world);
  scheduleInterventions(world);
  scheduleChanges(world, tenants);
  scheduleMisfortunes(played);
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

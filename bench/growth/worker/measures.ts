import { event } from "../../../src/index.ts";
import { listDeliveries } from "../../../src/trace/deliveries.ts";
import { listMessages } from "../../../src/trace/messages.ts";
import { readStats } from "../../../src/trace/stats.ts";
import { KnownReport } from "../../../src/upkeep/report.ts";
import { FROM } from "../../../test/support/database/many.ts";
import { World } from "../../../test/support/world.ts";
import type { Operation, Shape } from "../shape.ts";
import { addDue, endOf, MEASURED, makePurgeDue, removeNewer } from "./fill.ts";
import type { Meter } from "./meter.ts";

/** Surroundings of a measurement. */
interface Place {
  meter: Meter;
  db: D1Database;
  shape: Shape;
  /** Number of the sample, from 0. */
  turn: number;
}

/** As many as an unknown endpoint may have in flight. */
const CLAIMED = 160;
const PURGED = 10;
/** Repetitions of what is quick, of what needs deliveries, and of purges: few, as the smallest tenant has messages for all samples. */
const OFTEN = 20;
const DRAINS = 4;
const PURGES = 3;

/** Runs each operation some times, by the front door of its room. */
export const MEASURES: Readonly<Record<Operation, (place: Place) => Promise<void>>> = {
  "accept, one message": async (place) => {
    const { meter } = place;
    const world = worldAt(place, 1);
    const messages = [event("common", { n: 1 })];
    await often(meter, () => world.commit(MEASURED, { messages }, meter.life));
  },
  sweep: async (place) => {
    const { meter } = place;
    await addDue(place.db, place.shape, 1);
    const world = worldAt(place, 1);
    await often(meter, () => world.sweep(meter.life));
  },
  "claim, a drain of 160": async (place) => {
    for (let n = 0; n < DRAINS; n++) {
      const world = await worldWithDue(place);
      await place.meter.measure(() => world.onAlarm(MEASURED, place.meter.life));
      await world.consume();
    }
  },
  "settle, two tasks of 80": async (place) => {
    for (let n = 0; n < DRAINS; n++) {
      const world = await worldWithDue(place);
      await world.onAlarm(MEASURED);
      await place.meter.measure(() => world.consume(place.meter.life));
      if (world.sent.length !== CLAIMED) throw new Error(`A drain claimed ${world.sent.length}`);
    }
  },
  "list, 50 messages": ({ meter }) => often(meter, () => listMessages(meter.db, MEASURED, { limit: 50 })),
  "list, 50 deliveries": ({ meter }) => often(meter, () => listDeliveries(meter.db, MEASURED, { limit: 50 })),
  "statistics of a tenant": (place) => {
    const { now } = worldAt(place, 1);
    return often(place.meter, () => readStats(place.meter.db, MEASURED, {}, now));
  },
  "report of GET /health": (place) => {
    const { now } = worldAt(place, 1);
    return often(place.meter, () => new KnownReport().read(place.meter.db, now));
  },
  "purge, 10 messages": async (place) => {
    const { meter, db, turn } = place;
    for (let n = 1; n <= PURGES; n++) {
      await makePurgeDue(db);
      const world = worldAt(place, 1);
      // A retention that leaves all but the oldest.
      world.retentionMs = world.now - (FROM + (turn * PURGES + n) * PURGED * 1000 + 500);
      await meter.measure(() => world.purge(meter.life));
    }
  },
};

async function often(meter: Meter, act: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < OFTEN; n++) await meter.measure(act);
}

/** The rooms, some minutes after the last of the messages. */
function worldAt({ db, shape }: Place, minutes: number): World {
  const world = new World(db);
  world.now = endOf(shape) + minutes * 60_000;
  return world;
}

/** Rooms with as many due deliveries as a drain claims: of the backlog, or of messages that no other drain has seen. */
async function worldWithDue(place: Place): Promise<World> {
  const { db, shape } = place;
  await removeNewer(db, shape);
  if (!shape.backlog) await addDue(db, shape, CLAIMED);
  return worldAt(place, 1);
}

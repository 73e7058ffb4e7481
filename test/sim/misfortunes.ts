import { ID_KEY } from "../../src/db/message-ref.ts";
import { type MessageIdRow, messageId } from "../../src/domain/message-id.ts";
import { ordinary } from "./interventions.ts";
import type { Played } from "./play.ts";
import { type SimWorld, TROUBLE_MS } from "./sim-world.ts";

const SECOND = 1000;

/** What befalls the world as a whole, once in a history: at some time, and for a while. */
export function scheduleMisfortunes(played: Played) {
  scheduleRestore(played);
  scheduleOutages(played);
  schedulePlatform(played.world);
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
  const rows = d1.query<MessageIdRow>(`SELECT seq, nonce, ${ID_KEY} FROM all_messages`);
  return new Set(rows.map(messageId));
}

function schedulePlatform(world: SimWorld) {
  const { d1, faults, queue, timeline } = world;
  const { random } = faults;
  const soon = () => timeline.now + random.between(0, TROUBLE_MS / 2);
  const healsAt = timeline.now + TROUBLE_MS;
  if (faults.strikes("d1-stalls")) {
    timeline.at(soon(), () => {
      const forMs = random.between(10 * SECOND, 100 * SECOND);
      d1.stall(faults, Math.min(forMs, healsAt - timeline.now));
    });
  }
  if (faults.strikes("consumers-away")) {
    timeline.at(soon(), () => {
      queue.awayUntil = timeline.now + random.between(30 * SECOND, 420 * SECOND);
      faults.record("consumers-away", `for ${Math.round((queue.awayUntil - timeline.now) / SECOND)} s`);
    });
  }
  if (faults.strikes("versions")) {
    timeline.at(soon(), () => {
      world.versionsUntil = timeline.now + random.between(5 * SECOND, 60 * SECOND);
      faults.record("versions", `for ${Math.round((world.versionsUntil - timeline.now) / SECOND)} s`);
    });
  }
  if (faults.strikes("d1-full")) {
    const how = random.pick(["nearly", "quite"] as const);
    timeline.at(soon(), () => {
      d1.full = how;
      faults.record("d1-full", how);
    });
    timeline.at(soon() + random.between(5 * SECOND, TROUBLE_MS / 2), () => {
      d1.full = undefined;
      timeline.note("there is room in the database again");
    });
  }
}

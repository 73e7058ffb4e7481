import { ID_KEY } from "../../src/db/message-ref.ts";
import { type MessageIdRow, messageId } from "../../src/domain/message-id.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import type { Played } from "./play.ts";
import { ask } from "./requests.ts";
import type { SimEndpoint } from "./sim-endpoint.ts";
import type { SimWorld } from "./sim-world.ts";

const SECOND = 1000;
/** When the world is well, what is committed reaches its endpoints within this, and not only by the sweep. */
const PROMPT_MS = 10 * SECOND;
/** Those that are well themselves: no breaker holds them, and no rate limit. */
const READY = `SELECT e.tenant_id, e.id FROM outbox_endpoints e JOIN outbox_tenants t ON t.id = e.tenant_id
  WHERE t.state = 'active' AND e.state = 'enabled' AND held_until IS NULL AND rate_limit IS NULL AND e.id LIKE 'ep%'
    AND (event_types IS NULL OR event_types LIKE '%"a"%')`;

/** From one scheduled commit to the next, and how far ahead the first of them is scheduled. */
const SCHEDULED_EVERY_MS = 2 * SECOND;
const SCHEDULED_AHEAD_MS = 20 * SECOND;

interface LastCommit {
  tenantId: string;
  tag: string;
  at: number;
  dueAt: number;
}

/**
 * Some last commits, from each isolate: nothing that has gone wrong before may hold them up. A client may hang up, as
 * clients do.
 */
export async function checkPromptness(played: Played): Promise<void> {
  const { d1, timeline } = played.world;
  await timeline.runUntil(Math.max(timeline.now, overAt(played.world)));
  const tenants = d1.query<{ id: string }>("SELECT id FROM outbox_tenants WHERE state = 'active'");
  for (const { id: tenantId } of tenants) {
    const commits: LastCommit[] = [];
    for (const n of [1, 2, 3]) {
      commits.push(commitLast(played, tenantId, `last${n}`));
      // Long enough for the one before to be through: its consumer wakes the relay, too.
      await timeline.runUntil(timeline.now + 3 * SECOND);
    }
    await timeline.runUntil(timeline.now + PROMPT_MS);
    for (const commit of commits) played.complaints.push(...findTardy(played, commit));
    await timeline.runUntil(timeline.now + PROMPT_MS);
    if (played.world.faults.has("wake-swallowed")) await checkScheduled(played, tenantId);
  }
}

/** Scheduled ones, each for later than the one before: a wake that has come to nothing harms nobody else's. */
async function checkScheduled(played: Played, tenantId: string): Promise<void> {
  const { faults, timeline } = played.world;
  const commits: LastCommit[] = [];
  for (const n of [1, 2, 3, 4]) {
    commits.push(commitLast(played, tenantId, `scheduled${n}`, SCHEDULED_AHEAD_MS));
    await timeline.runUntil(timeline.now + SCHEDULED_EVERY_MS);
  }
  await timeline.runUntil(timeline.now + SCHEDULED_AHEAD_MS + PROMPT_MS);
  const swallowed = faults.recorded.filter(({ kind }) => kind === "wake-swallowed");
  const woken = commits.filter(
    (one) => !swallowed.some(({ at }) => at >= one.at && at < one.at + SCHEDULED_EVERY_MS),
  );
  for (const commit of woken) played.complaints.push(...findTardy(played, commit));
}

/** What outlasts the faults: consumers that are still away, and an alarm that has not gone off, and is trusted for a minute. */
function overAt({ faults, queue }: SimWorld): number {
  const stuck = faults.recorded.filter(({ kind }) => kind === "alarm-sticks" || kind === "alarm-stalls");
  const trustedUntil = Math.max(0, ...stuck.map(({ at }) => at + limits.staleAlarmMs));
  return Math.max(queue.awayUntil, trustedUntil) + SECOND;
}

function commitLast(played: Played, tenantId: string, name: string, aheadMs?: number): LastCommit {
  const { world } = played;
  const tag = `${tenantId}-${name}`;
  const at = world.timeline.now;
  const dueAt = at + (aheadMs ?? 0);
  const process = world.start(`last request ${tag}`);
  const db = world.d1.for(process);
  const writes = [db.prepare("INSERT INTO app_orders (tag) VALUES (?)").bind(tag)];
  const options = aheadMs === undefined ? {} : { deliverAt: new Date(dueAt) };
  const messages = [event("a", { tag, m: 0 }, options)];
  void ask(played, process, tenantId, { writes, messages });
  return { tenantId, tag, at, dueAt };
}

function findTardy({ world }: Played, { tenantId, tag, dueAt }: LastCommit): string[] {
  const { d1, faults } = world;
  const [row] = d1.query<MessageIdRow>(
    `SELECT seq, nonce, ${ID_KEY} FROM all_messages WHERE tenant_id = ? AND payload ->> 'tag' = ?`,
    tenantId,
    tag,
  );
  if (!row) return [];
  // Whoever sends a message that kills may not come to send the others in time.
  if (faults.has("poison")) return [];
  const id = messageId(row);
  const ready = d1.query<{ tenant_id: string; id: string }>(READY);
  const endpoints = world.endpoints.filter(
    (one) =>
      one.tenantId === tenantId && ready.some((other) => other.id === one.id && other.tenant_id === tenantId),
  );
  const tardy = endpoints.filter((one) => !receives(one, id, dueAt));
  return tardy.map((one) => `tardy: ${id} of ${tag} did not reach ${one.id} within ${PROMPT_MS / 1000} s`);
}

function receives({ receipts }: SimEndpoint, id: string, since: number): boolean {
  return receipts.some(({ messageId, at }) => messageId === id && at - since <= PROMPT_MS);
}

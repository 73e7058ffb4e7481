import { type Database, inOneBatch } from "../db/database.ts";
import { untilAnswered } from "../db/until-answered.ts";
import { newNonce } from "../domain/ids.ts";
import { type AnnounceTools, announce } from "../outbox/announce.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import type { TopicAddress } from "./link.ts";
import { type LinkedRow, resubscribe, selectLinked, unsubscribe } from "./statements.ts";

export interface ChangeTools extends AnnounceTools {
  clock: Clock;
  wake: (tenantId: string, at: number) => void;
}

/** Reads what a link is about, before it is asked to change anything. Undefined: its tenant was deleted. */
export async function readLinked(db: Database, of: TopicAddress): Promise<LinkedRow | undefined> {
  return (await selectLinked(db, of).first<LinkedRow>()) ?? undefined;
}

/**
 * Unsubscribes a recipient, or takes that back, with its system event, in one transaction. A repetition changes nothing, and
 * tells nobody. While D1 does not answer it is sent again, because a mail program asks once.
 * @returns what was before; undefined: the tenant was deleted
 */
export async function change(
  tools: ChangeTools,
  of: TopicAddress,
  to: "out" | "back",
): Promise<LinkedRow | undefined> {
  const { db, clock, wake } = tools;
  const now = clock.now();
  return untilAnswered(clock, async () => {
    // A try that has committed without an answer has a message of its own, which the next one must not find.
    const announced = announcing(tools, of, to, now);
    const write = to === "out" ? unsubscribe(db, of, now) : resubscribe(db, of);
    const [before, told = []] = await inOneBatch(db, [[selectLinked(db, of)], announced.statements, [write]]);
    for (const tenantId of announced.read(told)) wake(tenantId, now);
    return before?.[0]?.results[0] as LinkedRow | undefined;
  });
}

function announcing(
  tools: ChangeTools,
  { tenantId, topic, address }: TopicAddress,
  to: "out" | "back",
  now: number,
) {
  const announcement = {
    tenantId,
    eventType: to === "out" ? ("email.unsubscribed" as const) : ("email.resubscribed" as const),
    nonce: newNonce(tools.random),
    payload: JSON.stringify({ tenantId, address, topic, at: new Date(now).toISOString() }),
    orderingKey: `unsubscribe ${topic} ${address}`.slice(0, limits.orderingKeyLength),
    seq: null,
  };
  const guard = { kind: "topic" as const, isOut: to === "back", topic, address };
  return announce(tools, { announcements: [announcement], guard, now });
}

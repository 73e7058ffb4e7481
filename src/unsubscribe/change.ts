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
 * Unsubscribes a recipient, or takes that back, with its system event, in one transaction. A repetition changes nothing, and tells
 * nobody. While D1 does not answer it is sent again, because a mail program asks once.
 * @returns what was before; undefined: the tenant was deleted
 */
export async function change(
  tools: ChangeTools,
  of: TopicAddress,
  to: "out" | "back",
): Promise<LinkedRow | undefined> {
  const { db, clock, random, wake } = tools;
  const now = clock.now();
  const { tenantId, topic, address } = of;
  const isOut = to === "out";
  const announced = announce(tools, {
    announcements: [
      {
        tenantId,
        eventType: isOut ? "email.unsubscribed" : "email.resubscribed",
        nonce: newNonce(random),
        payload: JSON.stringify({ tenantId, address, topic, at: new Date(now).toISOString() }),
        orderingKey: `unsubscribe ${topic} ${address}`.slice(0, limits.orderingKeyLength),
        seq: null,
      },
    ],
    guard: { kind: "topic", isOut: !isOut, topic, address },
    now,
  });
  const write = isOut ? unsubscribe(db, of, now) : resubscribe(db, of);
  const [before, told = []] = await untilAnswered(clock, () =>
    inOneBatch(db, [[selectLinked(db, of)], announced.statements, [write]]),
  );
  for (const one of announced.read(told)) wake(one, now);
  return before?.[0]?.results[0] as LinkedRow | undefined;
}

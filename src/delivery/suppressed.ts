import { permanent } from "../channels/channel.ts";
import { type Database, readRows } from "../db/database.ts";
import { plainAddress, recipientsOf, SUPPRESSED } from "../domain/email-status.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import { UNSUBSCRIBED } from "../domain/states.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";
import { selectSuppressed } from "./suppressed-statements.ts";

/** In place of an answer to an e-mail of which nothing is sent. */
export const SUPPRESSED_REPLY = {
  ...permanent(SUPPRESSED, "No e-mail is sent to this address now: see GET …/suppressions"),
  scope: "recipient",
} as const;

/**
 * Marks e-mails to suppressed addresses, and to those that have unsubscribed from its topic. One whose `to` are all suppressed has
 * nobody left to be sent to. Where nothing can be found it does not ask.
 */
export async function withSuppressed(
  db: Database,
  { tenant_id, id, target, suppresses, has_unsubscribed }: EndpointRow,
  rows: readonly LeasedRow[],
  now: number,
): Promise<readonly LeasedRow[]> {
  const mayBeOut = has_unsubscribed && rows.some(({ payload }) => payload.includes('"topic"'));
  if (!suppresses && !mayBeOut) return rows;
  const contents = rows.map(({ payload }) =>
    id === DIRECT_EMAIL_ENDPOINT ? parsed(payload) : { to: target },
  );
  const addresses = [...new Set(contents.flatMap(recipientsOf))];
  const selecting = selectSuppressed(db, tenant_id, addresses, now);
  const [found = []] = await readRows<[{ address: string; topic: string | null }]>(db, [selecting]);
  const without = (topic: unknown) =>
    new Set(found.filter((one) => one.topic === topic).map(({ address }) => address));
  const suppressed = without(null);
  return rows.map((row, n) => {
    const { to: given, topic } = contents[n] ?? {};
    const to = [given].flat().map((one) => plainAddress(String(one)) ?? "");
    if (to.every((address) => suppressed.has(address))) return { ...row, suppressed: SUPPRESSED };
    if (topic && to.some((address) => without(topic).has(address)))
      return { ...row, suppressed: UNSUBSCRIBED };
    const of = recipientsOf(contents[n]).filter((address) => suppressed.has(address));
    return of.length === 0 ? row : { ...row, suppressed: of };
  });
}

function parsed(payload: string): { to?: unknown; topic?: unknown } {
  try {
    return Object(JSON.parse(payload));
  } catch {
    return {};
  }
}

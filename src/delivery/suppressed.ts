import { permanent } from "../channels/channel.ts";
import { type Database, readRows } from "../db/database.ts";
import { plainAddress, recipientsOf, SUPPRESSED } from "../domain/email-status.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";
import { selectSuppressed } from "./suppressed-statements.ts";

/** In place of an answer to an e-mail of which nothing is sent. */
export const SUPPRESSED_REPLY = {
  ...permanent(SUPPRESSED, "No e-mail is sent to this address now: see GET …/suppressions"),
  scope: "recipient",
} as const;

/** Marks e-mails to suppressed addresses. One whose `to` are all suppressed has nobody left to be sent to. */
export async function withSuppressed(
  db: Database,
  { tenant_id, id, target }: EndpointRow,
  rows: readonly LeasedRow[],
  now: number,
): Promise<LeasedRow[]> {
  const contents = rows.map(({ payload }) =>
    id === DIRECT_EMAIL_ENDPOINT ? parsed(payload) : { to: target },
  );
  const addresses = [...new Set(contents.flatMap(recipientsOf))];
  const selecting = selectSuppressed(db, tenant_id, addresses, now);
  const [found = []] = await readRows<[{ address: string }]>(db, [selecting]);
  const suppressed = new Set(found.map(({ address }) => address));
  return rows.map((row, n) => {
    const of = recipientsOf(contents[n]).filter((address) => suppressed.has(address));
    if (of.length === 0) return row;
    const to = [contents[n]?.to].flat().map((one) => plainAddress(String(one)) ?? "");
    return { ...row, suppressed: to.every((address) => suppressed.has(address)) ? true : of };
  });
}

function parsed(payload: string): { to?: unknown } {
  try {
    return Object(JSON.parse(payload));
  } catch {
    return {};
  }
}

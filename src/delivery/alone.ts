import type { Channel } from "../channels/channel.ts";
import { batchText, readBatch } from "./batch-members.ts";

/** Mark of a delivery that goes by itself, in place of the request that it shares. */
export const ALONE = "";

/** The mark of one that goes by itself through a channel: in a pool, with the account that it is bound to. */
export function aloneIn({ pool }: Channel): string {
  return pool ? batchText({ at: 0, account: pool.account, members: [] }) : ALONE;
}

/** True for the mark of a delivery that goes by itself. */
export function isAlone(batch: string | null): boolean {
  return batch !== null && (batch === ALONE || readBatch(batch).members.length === 0);
}

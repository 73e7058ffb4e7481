import type { Channel } from "../channels/channel.ts";
import { DIRECT_EMAIL_ENDPOINT, newNonce } from "../domain/ids.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { batchText, readBatch } from "./batch-members.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";

interface Tools {
  channel: Channel;
  clock: Clock;
  random: Random;
}

/** Mark of a delivery that goes by itself, and of which nothing was sent: any account may have it. */
export const UNSENT_MARK = "0 ";

/** True if a direct e-mail is not to be sent again when nobody knows whether it was taken. Only such a payload is parsed. */
export function isHeldInDoubt(
  { payload }: Pick<LeasedRow, "payload">,
  { id }: Pick<EndpointRow, "id">,
): boolean {
  return (
    id === DIRECT_EMAIL_ENDPOINT &&
    payload.includes('"onUncertain"') &&
    JSON.parse(payload)?.onUncertain === "hold"
  );
}

/**
 * Mark of one that is about to be sent: from now on it may have been taken, whatever becomes of this consumer. It differs from
 * that of any other consumer, of which only one goes on.
 */
export function doubtOf({ channel: { pool, repeats }, clock, random }: Tools): string {
  const account = pool?.account ?? repeats?.account ?? "";
  return `${batchText({ at: clock.now(), account, members: [] })}\n${newNonce(random)}`;
}

/** True for the mark of a delivery that may have been taken. */
export function isInDoubt(batch: string | null): batch is string {
  if (batch === null) return false;
  const { at, members } = readBatch(batch);
  return at > 0 && members.length === 0;
}

/**
 * Last instant at which one that may have been taken may be sent again: its account drops the repetition by its key. 0: it
 * knows no keys, it is another account, or the key is another one, because recipients are suppressed.
 */
export function repeatableUntil(
  { channel: { repeats }, timeoutMs }: { channel: Channel; timeoutMs: number },
  { batch, doubt, suppressed }: Pick<LeasedRow, "batch" | "doubt" | "suppressed">,
): number {
  const { at, account } = readBatch(doubt ?? batch ?? "");
  return repeats?.account === account && suppressed === undefined ? at + repeats.forMs - 2 * timeoutMs : 0;
}

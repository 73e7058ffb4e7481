import type { Channel } from "../channels/channel.ts";
import { doubtText, readDoubt } from "../domain/email-doubt.ts";
import { DIRECT_EMAIL_ENDPOINT, newNonce } from "../domain/ids.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { batchText } from "./batch-members.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";

interface Tools {
  channel: Channel;
  clock: Clock;
  random: Random;
  timeoutMs: number;
}

/** Mark of a delivery that goes by itself, and of which nothing was sent: any account may have it. */
export const UNSENT_MARK = batchText({ at: 0, account: "", members: [] });

/** True if a direct e-mail is held when nobody knows whether it was taken. Only a payload with such a field is parsed. */
export function isHeldInDoubt(
  { payload }: Pick<LeasedRow, "payload">,
  { id }: Pick<EndpointRow, "id">,
): boolean {
  if (id !== DIRECT_EMAIL_ENDPOINT || !payload.includes('"onUncertain"')) return false;
  return JSON.parse(payload)?.onUncertain === "hold";
}

/**
 * Mark of one that is about to be sent: from now on it may have been taken, whatever becomes of this consumer. Nobody drops a
 * repetition that has other recipients.
 */
export function doubtOf(
  { channel: { pool, repeats }, clock, random }: Tools,
  { suppressed }: Pick<LeasedRow, "suppressed">,
): string {
  const account = suppressed ? "" : (pool?.account ?? repeats?.account ?? "");
  return doubtText({ at: clock.now(), consumer: newNonce(random), account });
}

/** Last instant at which one that may have been taken may be sent again, as its account drops the repetition. Undefined: none. */
export function repeatableUntil(
  { channel: { repeats }, timeoutMs }: Pick<Tools, "channel" | "timeoutMs">,
  { batch, doubt = batch ?? undefined, suppressed }: Pick<LeasedRow, "batch" | "doubt" | "suppressed">,
): number | undefined {
  const { at = 0, account = "" } = readDoubt(doubt ?? null) ?? {};
  const isKnown = account !== "" && repeats?.account === account && suppressed === undefined;
  return isKnown ? at + repeats.forMs - 2 * timeoutMs : undefined;
}

/** True if the mark was made under the lease of this claim: a consumer of the same task is sending it. */
export function isUnderWay({ batch, claimed_at }: Pick<LeasedRow, "batch" | "claimed_at">): boolean {
  return (readDoubt(batch)?.at ?? 0) >= (claimed_at ?? 0) - limits.clockSkewMs;
}

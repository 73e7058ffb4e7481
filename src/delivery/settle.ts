import { faultOf } from "../db/database.ts";
import { readyAt } from "../domain/pace.ts";
import { lastFailure } from "./endpoint-announcements.ts";
import { tallyOf } from "./health.ts";
import { intoTransactions, withoutNewRows } from "./into-transactions.ts";
import { type HealthTools, recordHealth } from "./record-health.ts";
import { type SettleEffectsTools, settleWithEffects } from "./settle-effects.ts";
import type { Verdict } from "./verdict.ts";
import { type Settling, together, type Written, writeVerdicts } from "./write-verdicts.ts";

export type SettleTools = SettleEffectsTools & HealthTools;

export interface Settled {
  /** The recorded verdicts, with a different one where effects were refused. */
  written: readonly Verdict[];
  /** Deliveries whose lease still stood, and that do not block their key, so that its next may go on. */
  seqs: ReadonlySet<number>;
  /** The endpoint is enabled, and its breaker is not open. */
  mayCall: boolean;
  /** Instant of the endpoint's next turn; null when nothing waits for it, or it may not be served. */
  nextAt: number | null;
  /** Tenants that something was announced to: deliveries to them are due. */
  announcedTo: readonly string[];
}

/** Writes verdicts, then the endpoint's health as they show it. */
export async function settle(
  tools: SettleTools,
  settling: Settling,
  verdicts: readonly Verdict[],
): Promise<Settled> {
  const parts: Written[] = [];
  for (const some of intoTransactions(verdicts)) parts.push(await settleTransaction(tools, settling, some));
  const { rows, verdicts: written, current, announcedTo } = together(parts);
  const judging = current.target === settling.endpoint.target ? written : [];
  const tally = tallyOf(judging.flatMap(({ healthSignal }) => healthSignal ?? []));
  const counted = { ...settling, tally, failure: lastFailure(judging, settling.rows) };
  const health = await recordHealth(tools, counted, current);
  const { state, heldUntil, probeUntil } = health;
  const { due_at } = current;
  const waits = state === "enabled" && due_at !== null;
  return {
    written,
    seqs: new Set(rows.filter(({ key_blocked }) => !key_blocked).map(({ seq }) => seq)),
    mayCall: state === "enabled" && (heldUntil ?? 0) <= tools.clock.now(),
    nextAt: waits ? readyAt({ ...current, due_at, held_until: heldUntil, probe_until: probeUntil }) : null,
    announcedTo: [...announcedTo, ...health.announcedTo],
  };
}

/** Settles one transaction's verdicts. In a full database, verdicts that need no room are still written, uncounted. */
async function settleTransaction(
  tools: SettleTools,
  settling: Settling,
  verdicts: readonly Verdict[],
): Promise<Written> {
  try {
    return await settleWithEffects(tools, settling, verdicts);
  } catch (error) {
    const small = faultOf(error) === "full" ? withoutNewRows(verdicts) : [];
    if (small.length === 0) throw error;
    const written = await writeVerdicts(tools, { ...settling, uncounted: true }, small);
    if (small.length < verdicts.length) throw error;
    return written;
  }
}

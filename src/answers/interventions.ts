import type { Dismissed } from "../interventions/dismiss.ts";
import type { Replayed } from "../interventions/replay.ts";
import { toIso } from "./to-iso.ts";

export function presentReplayed(replayed: Replayed) {
  return { ...replayed, asOf: toIso(replayed.asOf) };
}

export function presentDismissed(dismissed: Dismissed) {
  return { ...dismissed, asOf: toIso(dismissed.asOf) };
}

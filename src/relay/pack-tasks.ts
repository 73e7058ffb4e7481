import { intoLanes } from "../domain/lanes.ts";
import { limits } from "../platform/limits.ts";
import type { ClaimedRow } from "./statements.ts";

export interface Pack {
  rows: ClaimedRow[];
  suspect?: true;
}

/**
 * Divides the claimed deliveries of one endpoint into packs: each key's run whole and in order in one pack,
 * at most so many deliveries and so many bytes of payload. A run that is larger than a pack on its own
 * (in bytes) still travels in one: its consumer must see it whole to keep its order. What was claimed in vain
 * too often travels alone.
 */
export function packTasks(claimed: readonly ClaimedRow[]): Pack[] {
  const lanes = intoLanes(claimed);
  const packs: { rows: ClaimedRow[]; bytes: number }[] = [];
  for (const lane of lanes.filter((lane) => !isSuspect(lane))) {
    const bytes = lane.reduce((sum, row) => sum + row.payload_bytes, 0);
    const open = packs.at(-1);
    const fits =
      open !== undefined &&
      open.rows.length + lane.length <= limits.packDeliveries &&
      open.bytes + bytes <= limits.packBytes;
    if (fits) {
      open.rows.push(...lane);
      open.bytes += bytes;
    } else {
      packs.push({ rows: [...lane], bytes });
    }
  }
  return [
    ...packs.map(({ rows }) => ({ rows: rows.toSorted((a, b) => a.seq - b.seq) })),
    ...lanes.filter(isSuspect).map((rows) => ({ rows, suspect: true as const })),
  ];
}

function isSuspect(lane: readonly ClaimedRow[]): boolean {
  return lane.some(({ claims }) => claims > limits.claimsUnsuspected);
}

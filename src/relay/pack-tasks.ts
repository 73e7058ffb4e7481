import { intoLanes } from "../domain/lanes.ts";
import { limits } from "../platform/limits.ts";
import type { ClaimedRow } from "./statements.ts";

/**
 * Divides the claimed deliveries of one endpoint into packs: each key's run whole and in order in one pack,
 * at most so many deliveries and so many bytes of payload. A run that is larger than a pack on its own
 * (in bytes) still travels in one: its consumer must see it whole to keep its order.
 */
export function packTasks(claimed: readonly ClaimedRow[]): ClaimedRow[][] {
  const packs: { rows: ClaimedRow[]; bytes: number }[] = [];
  for (const lane of intoLanes(claimed)) {
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
  return packs.map(({ rows }) => rows.toSorted((a, b) => a.seq - b.seq));
}

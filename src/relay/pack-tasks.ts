import { intoLanes } from "../domain/lanes.ts";
import { companyOf } from "../domain/suspicion.ts";
import { limits } from "../platform/limits.ts";
import type { ClaimedRow } from "./statements.ts";

interface Pack {
  rows: ClaimedRow[];
  /**
   * Largest number of beginnings without a result among them; undefined when all of them were claimed for the first
   * time.
   */
  starts?: number;
}

/**
 * Divides the claimed deliveries of one endpoint into packs: each key's run whole and in order in one pack, of at most
 * `most` deliveries and bounded in bytes of payload. A run larger than a pack still travels in one, because its consumer
 * must see it whole to keep its order. Deliveries that were begun without a result travel with fewer others, and in the
 * end alone.
 */
export function packTasks(claimed: readonly ClaimedRow[], most: number = limits.packDeliveries): Pack[] {
  const groups = Map.groupBy(intoLanes(claimed), (lane) => Math.min(companyOf(startsOf(lane)), most));
  const largestFirst = [...groups].toSorted(([one], [other]) => other - one);
  return largestFirst.flatMap(([company, lanes]) => fill(lanes, company)).map(asPack);
}

function fill(lanes: readonly ClaimedRow[][], company: number): ClaimedRow[][] {
  const packs: { rows: ClaimedRow[]; bytes: number }[] = [];
  for (const lane of lanes) {
    const bytes = lane.reduce((sum, row) => sum + row.payload_bytes, 0);
    const open = packs.at(-1);
    const fits =
      open !== undefined &&
      open.rows.length + lane.length <= company &&
      open.bytes + bytes <= limits.packBytes;
    if (fits) {
      open.rows.push(...lane);
      open.bytes += bytes;
    } else {
      packs.push({ rows: [...lane], bytes });
    }
  }
  return packs.map(({ rows }) => rows);
}

function asPack(rows: readonly ClaimedRow[]): Pack {
  const isNew = rows.every(({ claims }) => claims === 1);
  return { rows: rows.toSorted((a, b) => a.seq - b.seq), ...(!isNew && { starts: startsOf(rows) }) };
}

function startsOf(rows: readonly ClaimedRow[]): number {
  return Math.max(...rows.map(({ starts }) => starts));
}

/**
 * Divides deliveries of one endpoint into lanes, each ascending: the deliveries of a key, which go out one after
 * another, or a single delivery without a key.
 */
export function intoLanes<Row extends { seq: number; ordering_key: string | null }>(
  rows: readonly Row[],
): Row[][] {
  const lanes = new Map<string | number, Row[]>();
  for (const row of rows.toSorted((a, b) => a.seq - b.seq)) {
    const name = row.ordering_key ?? row.seq;
    const lane = lanes.get(name);
    if (lane) lane.push(row);
    else lanes.set(name, [row]);
  }
  return [...lanes.values()];
}

import { faultOf } from "../db/database.ts";

/** An item that was refused, and why. */
interface Refused<T> {
  item: T;
  error: unknown;
}

/**
 * Records items together. Where they are refused, each half is recorded by itself, and so on, so that a bad one keeps no other
 * out. Answers the bad ones.
 * @throws what `record` threw and later may not: what comes before is recorded, the rest is not
 */
export async function recordApart<T>(
  items: readonly T[],
  record: (some: readonly T[]) => Promise<void>,
): Promise<Refused<T>[]> {
  try {
    await record(items);
    return [];
  } catch (error) {
    if (faultOf(error) !== "rejected") throw error;
    const [first] = items;
    if (items.length <= 1) return first === undefined ? [] : [{ item: first, error }];
    const middle = Math.ceil(items.length / 2);
    const before = await recordApart(items.slice(0, middle), record);
    return [...before, ...(await recordApart(items.slice(middle), record))];
  }
}

import { describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { packTasks } from "../../src/relay/pack-tasks.ts";

const row = (seq: number, ordering_key: string | null = null, payload_bytes = 10) => {
  return { endpoint_id: "ep_1", seq, ordering_key, payload_bytes, claims: 1, starts: 0 };
};
const seqs = (rows: ReturnType<typeof row>[]) =>
  packTasks(rows).map(({ rows }) => rows.map(({ seq }) => seq));

describe("packing", () => {
  test("nothing makes no task", () => {
    expect(seqs([])).toEqual([]);
  });

  test("keeps a key's run in one pack, in order, whatever order the claims came in", () => {
    expect(seqs([row(3, "k"), row(1, "k"), row(2)])).toEqual([[1, 2, 3]]);
  });

  test("begins a new pack rather than divide a run", () => {
    const singles = Array.from({ length: limits.packDeliveries - 1 }, (_, n) => row(n + 1));
    const run = [row(200, "k"), row(201, "k")];
    expect(seqs([...singles, ...run])).toEqual([singles.map(({ seq }) => seq), [200, 201]]);
  });

  test("a delivery claimed in vain, and never begun, travels as it always did; its beginning is to be counted", () => {
    const rows = Array.from({ length: limits.packDeliveries }, (_, n) => ({ ...row(n + 1), claims: 9 }));
    expect(packTasks(rows)).toEqual([{ rows, starts: 0 }]);
    expect(packTasks([row(1)])).toEqual([{ rows: [row(1)] }]);
  });

  test("a delivery begun once, and never answered, travels with a few others of its kind", () => {
    const count = limits.watchedDeliveries;
    const watched = Array.from({ length: count + 1 }, (_, n) => ({ ...row(n + 2), claims: 3, starts: 1 }));
    expect(packTasks([row(1), ...watched])).toMatchObject([
      { rows: [{ seq: 1 }] },
      { rows: { length: count }, starts: 1 },
      { rows: { length: 1 }, starts: 1 },
    ]);
  });

  test("a delivery begun again travels alone, with those behind it in its key", () => {
    const starts = limits.startsUnsuspected;
    const suspects = [{ ...row(2), claims: 4, starts }, { ...row(4, "k"), claims: 4, starts }, row(5, "k")];
    expect(packTasks([row(1), ...suspects, row(6)])).toMatchObject([
      { rows: [{ seq: 1 }, { seq: 6 }] },
      { rows: [{ seq: 2 }], starts },
      { rows: [{ seq: 4 }, { seq: 5 }], starts },
    ]);
  });

  test("a pack holds so many deliveries and so many bytes, and no more", () => {
    const count = limits.packDeliveries;
    expect(seqs(Array.from({ length: count }, (_, n) => row(n)))).toHaveLength(1);
    expect(seqs(Array.from({ length: count + 1 }, (_, n) => row(n)))).toHaveLength(2);
    const half = limits.packBytes / 2;
    expect(seqs([row(1, null, half), row(2, null, half)])).toEqual([[1, 2]]);
    expect(seqs([row(1, null, half), row(2, null, half + 1)])).toEqual([[1], [2]]);
  });
});

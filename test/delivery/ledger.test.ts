import { describe, expect, test } from "vitest";
import { Ledger } from "../../src/delivery/ledger.ts";
import type { Settled } from "../../src/delivery/settle.ts";
import type { Verdict } from "../../src/delivery/verdict.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";

const verdict = (seq: number): Verdict => {
  const untold = { reason: null, attempt: null, late: false, healthSignal: null, announcement: null };
  return { seq, state: "delivered", dueAt: null, settledAt: 1, ...untold };
};

function openLedger(write?: (verdicts: readonly Verdict[]) => Promise<Settled>) {
  const batches: number[][] = [];
  let timer: { ms: number; act: () => void } | undefined;
  const clock: Clock = {
    ...systemClock,
    after: (ms, act) => {
      timer = { ms, act };
      return () => {
        timer = undefined;
      };
    },
  };
  const record = async (verdicts: readonly Verdict[]) => {
    batches.push(verdicts.map(({ seq }) => seq));
    await Promise.resolve();
    const seqs = new Set(verdicts.map(({ seq }) => seq));
    return { written: verdicts, seqs, mayCall: true, nextAt: verdicts.at(-1)?.seq ?? null, announcedTo: [] };
  };
  const ledger = new Ledger(write ?? record, clock);
  const recordNow = (seq: number) => {
    const written = ledger.record([verdict(seq)]);
    ledger.writeAwaited();
    return written;
  };
  return { ledger, recordNow, batches, timer: () => timer };
}

describe("the ledger", () => {
  test("what is left waits for company, and is written with finish", async () => {
    const { ledger, batches } = openLedger();
    ledger.recordLater([verdict(1)]);
    ledger.recordLater([verdict(2)]);
    expect(batches).toEqual([]);
    await ledger.finish();
    expect(batches).toEqual([[1, 2]]);
    expect(ledger.nextAt).toBe(2);
  });

  test("no verdict waits longer than a second, also when nothing more comes", async () => {
    const { ledger, batches, timer } = openLedger();
    ledger.recordLater([verdict(1)]);
    const first = timer();
    expect(first?.ms).toBe(limits.settleEveryMs);
    ledger.recordLater([verdict(2)]);
    expect(timer()).toBe(first);
    first?.act();
    expect(batches).toEqual([[1, 2]]);
    expect(timer()).toBeUndefined();
    ledger.recordLater([verdict(3)]);
    expect(timer()).toBeDefined();
    await ledger.finish();
    expect(timer()).toBeUndefined();
  });

  test("an awaited verdict takes the others along, and those that come meanwhile go with the next batch", async () => {
    const { ledger, recordNow, batches } = openLedger();
    ledger.recordLater([verdict(1)]);
    const second = recordNow(2);
    const third = recordNow(3);
    const fourth = recordNow(4);
    expect((await second).seqs).toEqual(new Set([1, 2]));
    expect((await third).seqs).toEqual(new Set([3, 4]));
    await fourth;
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test("awaited verdicts wait for one another, until their writing is begun", async () => {
    const { ledger, batches } = openLedger();
    const written = [ledger.record([verdict(1)]), ledger.record([verdict(2)])];
    expect(batches).toEqual([]);
    ledger.writeAwaited();
    await Promise.all(written);
    expect(batches).toEqual([[1, 2]]);
  });

  test("nothing is written early that nobody awaits", async () => {
    const { ledger, batches } = openLedger();
    ledger.recordLater([verdict(1)]);
    ledger.writeAwaited();
    expect(batches).toEqual([]);
    await ledger.finish();
  });

  test("verdicts that come while a batch is written wait for their own lanes' call", async () => {
    const { ledger, recordNow, batches } = openLedger();
    const first = recordNow(1);
    const second = ledger.record([verdict(2)]);
    await first;
    expect(batches).toEqual([[1]]);
    ledger.writeAwaited();
    await second;
    expect(batches).toEqual([[1], [2]]);
  });

  test("something recorded right after a batch ended is written too", async () => {
    const { ledger, recordNow, batches } = openLedger();
    await recordNow(1);
    await recordNow(2);
    ledger.recordLater([verdict(3)]);
    await ledger.finish();
    expect(batches).toEqual([[1], [2], [3]]);
  });

  test("a failure reaches whoever waits for it, and otherwise shows in finish", async () => {
    const { ledger, recordNow } = openLedger(() => Promise.reject(new Error("no D1")));
    await expect(recordNow(1)).rejects.toThrow("no D1");
    await ledger.finish();
    ledger.recordLater([verdict(2)]);
    await expect(ledger.finish()).rejects.toThrow("no D1");
  });
});

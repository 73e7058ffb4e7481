import { describe, expect, test } from "vitest";
import { inSlices, type Slice } from "../../src/dashboard/browser/parts/slices.ts";

const lost = { status: 0, code: "unreachable" };
const unanswered = { status: 409, code: "request_unanswered" };

/** The outbox's side: a request happens once for each key, as long as something is left. */
class Outbox {
  readonly seen: string[] = [];
  readonly waits: number[] = [];
  readonly #answers = new Map<string, Slice>();
  left: number;
  perCall: number;
  /** Refusals of the coming calls. `after`: the call happens, and its answer gets lost. */
  refusals: ({ error: object; after?: boolean } | undefined)[] = [];

  constructor(left: number, perCall: number) {
    this.left = left;
    this.perCall = perCall;
  }

  call = async (key: string): Promise<Slice> => {
    this.seen.push(key);
    const refusal = this.refusals.shift();
    if (refusal && !refusal.after) throw refusal.error;
    const answer = this.#answers.get(key) ?? this.#carryOut();
    this.#answers.set(key, answer);
    if (refusal) throw refusal.error;
    return answer;
  };

  #carryOut(): Slice {
    const done = Math.min(this.left, this.perCall);
    this.left -= done;
    return { done, left: this.left };
  }

  run(given: Partial<Parameters<typeof inSlices>[0]> = {}) {
    return inSlices({
      call: this.call,
      key: "k",
      signal: new AbortController().signal,
      wait: async (ms) => {
        this.waits.push(ms);
      },
      ...given,
    });
  }
}

describe("a change in slices", () => {
  test("goes on until nothing is left, each call with a key of its own, and tells how far it is", async () => {
    const outbox = new Outbox(23, 10);
    const told: number[] = [];
    expect(await outbox.run({ told: (done) => told.push(done) })).toEqual({
      done: 23,
      left: 0,
      isStopped: false,
      unanswered: 0,
    });
    expect(outbox.seen).toEqual(["k.0", "k.1", "k.2"]);
    expect(told).toEqual([10, 20, 23]);
  });

  test("is stopped between two calls, and says what is left", async () => {
    const outbox = new Outbox(50, 10);
    const stopping = new AbortController();
    const told = (done: number) => done === 20 && stopping.abort();
    expect(await outbox.run({ signal: stopping.signal, told })).toMatchObject({
      done: 20,
      left: 30,
      isStopped: true,
    });
    expect(outbox.seen).toHaveLength(2);
  });

  test("that is begun anew after a stop goes on where it was, and counts everything once", async () => {
    const outbox = new Outbox(50, 10);
    const stopping = new AbortController();
    await outbox.run({ signal: stopping.signal, told: (done) => done === 20 && stopping.abort() });
    expect(await outbox.run()).toMatchObject({ done: 50, left: 0, isStopped: false });
    expect(outbox.left).toBe(0);
  });

  test("ends after a call that changed nothing, and after a thousand calls, whatever is left", async () => {
    const still = new Outbox(50, 0);
    expect(await still.run()).toMatchObject({ done: 0, left: 50 });
    expect(still.seen).toHaveLength(1);

    const endless = new Outbox(10_000, 1);
    expect(await endless.run()).toMatchObject({ done: 1000, left: 9000, isStopped: true });
  });

  test("ends at the number that was counted, where each call finds more", async () => {
    const outbox = new Outbox(1_000_000, 10);
    expect(await outbox.run({ most: 25 })).toMatchObject({ done: 30, isStopped: false });
  });

  test("whose answer gets lost is tried again with the same key, and happens once", async () => {
    const outbox = new Outbox(15, 10);
    outbox.refusals = [
      { error: lost, after: true },
      { error: lost },
      undefined,
      { error: lost, after: true },
    ];
    expect(await outbox.run()).toMatchObject({ done: 15, left: 0, unanswered: 0 });
    expect(outbox.seen).toEqual(["k.0", "k.0", "k.0", "k.1", "k.1"]);
    expect(outbox.waits).toEqual([500, 2000, 500]);
  });

  test("waits as long as the outbox asks, a minute at most", async () => {
    const outbox = new Outbox(5, 10);
    const slow = (retryAfter: number) => ({ error: { status: 429, code: "rate_limited", retryAfter } });
    outbox.refusals = [slow(7), slow(3600)];
    expect(await outbox.run()).toMatchObject({ done: 5 });
    expect(outbox.waits).toEqual([7000, 60_000]);
  });

  test("fails when its answers stay lost, and a run with its key counts everything once", async () => {
    const outbox = new Outbox(15, 10);
    outbox.refusals = [undefined, ...Array.from({ length: 4 }, () => ({ error: lost, after: true }))];
    await expect(outbox.run()).rejects.toBe(lost);
    expect(outbox.left).toBe(0);
    expect(await outbox.run()).toMatchObject({ done: 15, left: 0 });
  });

  test("is refused at once for what no further try can change", async () => {
    const outbox = new Outbox(15, 10);
    const refused = { status: 403, code: "forbidden" };
    outbox.refusals = [{ error: refused }];
    await expect(outbox.run()).rejects.toBe(refused);
    expect(outbox.seen).toHaveLength(1);
  });

  const neverAnswered = () => Array.from({ length: 4 }, () => ({ error: unanswered, after: true }));

  test("goes on after a call whose answer the outbox has lost, and says that its figures lack it", async () => {
    const outbox = new Outbox(25, 10);
    outbox.refusals = neverAnswered();
    expect(await outbox.run()).toEqual({ done: 15, left: 0, isStopped: false, unanswered: 1 });
    expect(outbox.left).toBe(0);
  });

  test("ends there, where further calls would find more than was counted", async () => {
    const outbox = new Outbox(1000, 10);
    outbox.refusals = neverAnswered();
    expect(await outbox.run({ most: 25 })).toMatchObject({ done: 0, unanswered: 1 });
    expect(outbox.left).toBe(990);
  });

  test("fails when two answers in a row are lost for good", async () => {
    const outbox = new Outbox(1000, 10);
    outbox.refusals = [...neverAnswered(), ...neverAnswered()];
    await expect(outbox.run()).rejects.toBe(unanswered);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Batch,
  type BatchAnswer,
  BrokerQueue,
  type ConsumerSettings,
} from "../../bench/cloudflare/broker.ts";
import { systemClock } from "../../src/platform/clock.ts";

const SETTINGS: ConsumerSettings = {
  max_batch_size: 2,
  max_batch_timeout: 0,
  max_retries: 3,
  retry_delay: 5,
};
const LATENCY_MS = 60;
const BATCH_MS = 1_000;

/** A queue whose consumer takes a second for each batch, and answers as told. */
function createQueue(
  more: {
    settings?: Partial<ConsumerSettings>;
    consumers?: number;
    answer?: (batch: Batch) => BatchAnswer;
  } = {},
) {
  const batches: { at: number; bodies: unknown[]; attempts: number }[] = [];
  const queue = new BrokerQueue("q", {
    settings: { ...SETTINGS, ...more.settings },
    consumers: more.consumers ?? 250,
    latencyMs: LATENCY_MS,
    async invoke(batch) {
      const [first] = batch.messages;
      batches.push({
        at: Date.now(),
        bodies: batch.messages.map(({ body }) => body),
        attempts: first?.attempts ?? 0,
      });
      await systemClock.sleep(BATCH_MS);
      return more.answer?.(batch) ?? { again: [] };
    },
  });
  return { queue, batches };
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a batch", () => {
  test("begins when its messages have travelled, and holds no more than max_batch_size", async () => {
    const { queue, batches } = createQueue();
    queue.send(numbers(3));
    await vi.advanceTimersByTimeAsync(LATENCY_MS - 1);
    expect(batches).toEqual([]);
    await vi.runAllTimersAsync();
    expect(batches.map(({ bodies }) => bodies)).toEqual([[0, 1], [2]]);
    await queue.rest();
  });

  test("that is not full waits for max_batch_timeout, and a full one does not", async () => {
    const { queue, batches } = createQueue({ settings: { max_batch_timeout: 2 } });
    queue.send(["alone"]);
    await vi.runAllTimersAsync();
    const sentAt = Date.now();
    queue.send(numbers(2));
    await vi.runAllTimersAsync();
    expect(batches.map(({ at }) => at)).toEqual([LATENCY_MS + 2_000, sentAt + LATENCY_MS]);
  });
});

describe("consumers", () => {
  test("grow by one with each batch that is through while messages wait, and never beyond the most", async () => {
    const { queue, batches } = createQueue({ consumers: 4 });
    queue.send(numbers(22));
    await vi.runAllTimersAsync();
    const waves = Map.groupBy(batches, ({ at }) => at);
    expect([...waves.values()].map((wave) => wave.length)).toEqual([1, 2, 4, 4]);
    expect(queue.takeFigures()).toEqual({
      mostConsumers: 4,
      mostWaiting: 22,
      messages: 22,
      batches: 11,
      batchesMs: 11_000,
    });
  });

  test("fall to one when nothing waits", async () => {
    const { queue, batches } = createQueue();
    queue.send(numbers(14));
    await vi.runAllTimersAsync();
    const before = batches.length;
    queue.send(numbers(4));
    await vi.advanceTimersByTimeAsync(LATENCY_MS);
    expect(batches.length - before).toBe(1);
  });

  test("do not grow when an invocation throws", async () => {
    const { queue } = createQueue({
      answer: () => {
        throw new Error("thrown");
      },
    });
    queue.send(numbers(20));
    await vi.runAllTimersAsync();
    expect(queue.takeFigures().mostConsumers).toBe(1);
  });
});

describe("messages", () => {
  test("come again after the wait that the consumer asked for, alone of their batch", async () => {
    const { queue, batches } = createQueue({
      answer: ({ messages }) => ({
        again: messages
          .filter(({ body, attempts }) => body === 1 && attempts === 1)
          .map(({ id }) => ({ id, delaySeconds: 7 })),
      }),
    });
    queue.send(numbers(2));
    await vi.runAllTimersAsync();
    expect(batches.map(({ bodies }) => bodies)).toEqual([[0, 1], [1]]);
    expect(batches[1]).toMatchObject({ at: LATENCY_MS + BATCH_MS + 7_000, attempts: 2 });
  });

  test("of an invocation that throws all come again after retry_delay, and are given up after max_retries", async () => {
    const { queue, batches } = createQueue({
      answer: () => {
        throw new Error("thrown");
      },
    });
    queue.send(numbers(2));
    await vi.runAllTimersAsync();
    expect(batches.map(({ attempts }) => attempts)).toEqual([1, 2, 3, 4]);
    expect(batches.every(({ bodies }) => bodies.length === 2)).toBe(true);
    await queue.rest();
  });
});

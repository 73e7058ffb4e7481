import { describe, expect, test } from "vitest";
import { createLog, type LogLine, type LogSettings } from "../../src/platform/log-lines.ts";

function listen(settings: Partial<LogSettings> = {}) {
  const lines: LogLine[] = [];
  const log = createLog({ level: "info", sampleRate: 0.01, ...settings }, (line) => void lines.push(line));
  return { log, lines };
}

const delivered = { outcome: "delivered" };

describe("a line of the log", () => {
  test("has the level of what it tells: a request that of its status, an attempt that of its outcome", () => {
    const { log, lines } = listen({ level: "debug" });
    for (const status of [200, 404, 503]) log("http.request", { status });
    for (const outcome of ["delivered", "retry", "dead"]) log("delivery.attempted", { outcome });
    log("relay.drain_failed", {});
    expect(lines.map(({ level }) => level)).toEqual([
      "debug",
      "info",
      "error",
      "debug",
      "info",
      "info",
      "error",
    ]);
  });

  test("of a failure is told each time, with its fields", () => {
    const { log, lines } = listen();
    for (let n = 0; n < 200; n++) log("delivery.attempted", { outcome: "retry", attempt: n });
    expect(lines).toHaveLength(200);
    expect(lines[7]).toEqual({ level: "info", event: "delivery.attempted", outcome: "retry", attempt: 7 });
  });

  test("of a success is told one time in a hundred, evenly for each event, and says so", () => {
    const { log, lines } = listen();
    for (let n = 1; n <= 1_000; n++) {
      log("delivery.attempted", { ...delivered, n });
      if (n % 10 === 0) log("message.committed", { n });
    }
    const told = Object.groupBy(lines, ({ event }) => event);
    expect(told["delivery.attempted"]).toHaveLength(10);
    expect(told["message.committed"]).toHaveLength(1);
    expect(lines.every(({ sampleRate }) => sampleRate === 0.01)).toBe(true);
  });

  test.each([
    [0, 0],
    [0.5, 500],
    [1, 1_000],
  ])("below the level is told by the share that is set: %d", (sampleRate, expected) => {
    const { log, lines } = listen({ level: "error", sampleRate });
    for (let n = 0; n < 1_000; n++) log("endpoint.freed", {});
    expect(lines.length).toBeGreaterThanOrEqual(expected - 1);
    expect(lines.length).toBeLessThanOrEqual(expected);
  });
});

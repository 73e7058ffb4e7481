import { expect, test, vi } from "vitest";
import { bytes, duration, percent, relative } from "../../src/dashboard/browser/parts/format.ts";

vi.mock("../../src/dashboard/browser/words/words.ts", () => ({
  language: "en",
  w: { common: { now: "now" } },
}));

test.each([
  [0, "0%"],
  [4 / 10_000, "< 0.1%"],
  [0.042, "4.2%"],
  [0.5, "50%"],
  [0.99, "99%"],
  [999 / 1000, "99.9%"],
  [99_999 / 100_000, "> 99.9%"],
  [1, "100%"],
])("a share of %s is %s: all of all alone, and none of none alone", (share, text) => {
  expect(percent(share)).toBe(text);
});

test.each([
  [999.4, "999 ms"],
  [999.6, "1 sec"],
  [9960, "10 sec"],
  [59_600, "1 min"],
  [83_000, "1 min 23 sec"],
])("%s ms last %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [-500, "now"],
  [-59_400, "59 sec ago"],
  [-59_600, "1 min ago"],
  [59.6 * 60_000, "in 1 hr"],
  [-23.6 * 3_600_000, "1 day ago"],
  [-91_000, "2 min ago"],
])("%s ms from now is %s: never 60 of a unit", (ms, text) => {
  expect(relative(1e12 + ms, 1e12)).toBe(text);
});

test.each([
  [1, "1 B"],
  [99, "99 B"],
  [2048, "2 KiB"],
  [262_144, "256 KiB"],
  [1.5 * 1024 ** 3, "1.5 GiB"],
])("%s bytes are %s", (n, text) => {
  expect(bytes(n)).toBe(text);
});

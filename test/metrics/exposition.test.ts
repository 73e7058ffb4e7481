import { expect, test } from "vitest";
import { exposition } from "../../src/metrics/exposition.ts";

test("texts are escaped: backslashes and ends of lines everywhere, quotes in labels", () => {
  const help = 'A "word"\\\nand more.';
  const samples = [{ labels: { of: 'a"b\\c\nd', to: "é" }, value: 1.5 }];
  expect(exposition([{ name: "x", type: "gauge", help, samples }])).toBe(
    '# HELP x A "word"\\\\\\nand more.\n# TYPE x gauge\nx{of="a\\"b\\\\c\\nd",to="é"} 1.5\n',
  );
});

test("the classes of a histogram count the ones before them, up to all", () => {
  const samples = [{ labels: { channel: "webhook" }, counts: [3, 0, 4] }];
  const text = exposition([
    { name: "x_seconds", type: "histogram", help: "A.", bounds: [0.05, 2.5], samples },
  ]);
  expect(text.split("\n").slice(2, -1)).toEqual([
    'x_seconds_bucket{channel="webhook",le="0.05"} 3',
    'x_seconds_bucket{channel="webhook",le="2.5"} 3',
    'x_seconds_bucket{channel="webhook",le="+Inf"} 7',
    'x_seconds_count{channel="webhook"} 7',
  ]);
});

test("a family without samples keeps its head", () => {
  expect(exposition([{ name: "x", type: "gauge", help: "A.", samples: [] }])).toBe(
    "# HELP x A.\n# TYPE x gauge\n",
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contrast, GROUNDS, readableAccent } from "../../src/domain/accent.ts";

const hex = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, "0")}`);

describe("the contrast of two colours", () => {
  // https://webaim.org/resources/contrastchecker/
  test.each([
    ["#000000", "#ffffff", 21],
    ["#777777", "#ffffff", 4.48],
    ["#767676", "#ffffff", 4.54],
    ["#ff0000", "#ffffff", 4],
    ["#0000ff", "#ffffff", 8.59],
  ])("of %s and %s is %d, whichever is the ground", (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 2);
    expect(contrast(other, one)).toBe(contrast(one, other));
  });
});

describe("an accent", () => {
  test("is readable on every ground of both modes, whatever its colour", () => {
    fc.assert(
      fc.property(hex, (given) => {
        const { light, dark } = readableAccent(given);
        for (const ground of ["#ffffff", "#f7f8fa", GROUNDS.light]) {
          expect(contrast(light, ground), `${given} as ${light}`).toBeGreaterThanOrEqual(4.5);
        }
        for (const ground of ["#1a1d21", "#121417", GROUNDS.dark]) {
          expect(contrast(dark, ground), `${given} as ${dark}`).toBeGreaterThanOrEqual(4.5);
        }
      }),
    );
  });

  test("may be written in three digits, and in capitals", () => {
    expect(readableAccent("#0AF")).toEqual(readableAccent("#00aaff"));
  });

  test("stays as it is where it is readable", () => {
    expect(readableAccent("#1a56b0").light).toBe("#1a56b0");
    expect(readableAccent("#7db2ff").dark).toBe("#7db2ff");
    expect(readableAccent("#000000").light).toBe("#000000");
    expect(readableAccent("#ffffff").dark).toBe("#ffffff");
  });

  test("is made darker or lighter by no more than is needed", () => {
    for (const given of ["#0a7f5a", "#ffff00", "#ff0000", "#808080"]) {
      const { light, dark } = readableAccent(given);
      for (const [color, ground] of [
        [light, GROUNDS.light],
        [dark, GROUNDS.dark],
      ] as const) {
        if (color !== given) expect(contrast(color, ground)).toBeLessThan(4.8);
      }
    }
    expect(readableAccent("#0a7f5a")).toEqual({ light: "#0a7b57", dark: "#479f83" });
  });
});

import { expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { assertRelations } from "./limit-relations.ts";

test("the limits agree with one another", () => {
  expect(() => assertRelations()).not.toThrow();
});

test("limits that contradict one another are refused, by the relation that does not hold", () => {
  const contradictory = { ...limits, payloadBytes: limits.bodyBytes } as unknown as typeof limits;
  expect(() => assertRelations(contradictory)).toThrow("a payload fits into a body");
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MUTANTS } from "../sim/mutants.ts";
import { ROOT } from "./sources.ts";

test("each bug that the simulator is to find has its place in the code", () => {
  const patches = Object.entries(MUTANTS).flatMap(([name, all]) => all.map((patch) => ({ name, ...patch })));
  expect(patches.length).toBeGreaterThan(50);
  const misplaced = patches.filter(
    ({ file, find }) => readFileSync(join(ROOT, file), "utf8").split(find).length !== 2,
  );
  expect(misplaced.map(({ name, file }) => `${name}: ${file}`)).toEqual([]);
});

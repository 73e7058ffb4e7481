import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GROUNDS } from "../../src/domain/accent.ts";
import { SRC } from "./sources.ts";

test("an accent is compared with the grounds of the styles on which text is hardest to read", () => {
  const styles = readFileSync(join(SRC, "dashboard/browser/style/tokens.css"), "utf8");
  expect(styles).toContain(`--raised: light-dark(${GROUNDS.light}, ${GROUNDS.dark});`);
});

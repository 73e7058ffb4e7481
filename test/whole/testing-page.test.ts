import { copyFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort } from "../support/programs/dev-server.ts";
import { pack } from "../support/programs/pack.ts";
import { readPage } from "../support/programs/page.ts";
import { Reader } from "../support/programs/reader.ts";
import { ROOT } from "../support/programs/run.ts";

/*
 * Somebody follows docs/start/testing.md from the top to the bottom, in a folder of their own beside the packed library. What
 * this machine has otherwise: free ports, and this repository's wrangler, TypeScript, vitest and its plugin.
 */

const sections = readPage(join(ROOT, "docs/start/testing.md")).filter(({ steps }) => steps.length > 0);
let reader: Reader;
let stuck = false;

beforeAll(async () => {
  const { tarball } = await pack();
  const devPort = await findFreePort();
  reader = new Reader({ ports: { 8787: devPort }, devPort, inCheckout: {} });
  mkdirSync(join(reader.home, "edge-outbox"));
  copyFileSync(tarball, join(reader.home, "edge-outbox", basename(tarball)));
});

afterAll(() => reader?.close());

describe("a reader of docs/start/testing.md has tests that pass", () => {
  test.each(sections)("$title", async ({ steps }) => {
    expect(stuck, "an earlier section does not work").toBe(false);
    stuck = true;
    for (const step of steps) await reader.follow(step);
    stuck = false;
  });

  test("has followed all of it", () => {
    expect(sections.length).toBeGreaterThan(5);
  });
});

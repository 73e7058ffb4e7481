import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
} from "../support/programs/dev-server.ts";
import { pack } from "../support/programs/pack.ts";
import { readPage } from "../support/programs/page.ts";
import { Reader } from "../support/programs/reader.ts";
import { ROOT } from "../support/programs/run.ts";

/*
 * Somebody follows the pages of docs/start, one after another, in a folder of their own: every file is written as it stands
 * there, every command is run, every answer is compared. What this machine has otherwise: free ports, this repository's
 * wrangler and TypeScript, no Cloudflare account.
 */

/** The pages in the order in which they go on from one another. */
const PAGES = ["adopt", "work", "deploy", "sidecar", "service"];

const sections = PAGES.flatMap((page) => readPage(join(ROOT, `docs/start/${page}.md`))).filter(
  ({ steps }) => steps.length > 0,
);
let reader: Reader;
let packed: ReturnType<typeof pack>;
let stuck = false;

beforeAll(async () => {
  // Meanwhile the first sections go on without it.
  packed = pack();
  packed.catch(() => undefined);
  const [devPort, receiverPort] = [await findFreePort(), await findFreePort()];
  reader = new Reader({
    ports: { 8787: devPort, 9797: receiverPort },
    devPort,
    inCheckout: {
      "npm install; npm pack": packBeside,
      "npm start": () => startBeside(devPort),
    },
  });
});

afterAll(() => reader?.close());

const checkout = () => {
  const folder = join(reader.home, "edge-outbox");
  mkdirSync(folder, { recursive: true });
  return folder;
};

async function packBeside(): Promise<undefined> {
  const { tarball } = await packed;
  copyFileSync(tarball, join(checkout(), basename(tarball)));
}

async function startBeside(port: number) {
  writeFileSync(join(checkout(), ".dev.vars"), `OPERATOR_TOKEN=${OPERATOR_TOKEN}\n`);
  const server: DevServer = await startDevServer({ port, data: join(reader.home, "data"), vars: {} });
  return { output: "", until: async () => {}, end: server.kill };
}

describe("a reader of docs/start gets through", () => {
  test.each(sections)("$title", async ({ title, steps }) => {
    expect(stuck, "an earlier section does not work").toBe(false);
    stuck = true;
    for (const step of steps) await reader.follow(step);
    await checkBesides[title]?.();
    stuck = false;
  });
});

const received = () => reader.outputOf("terminal 2").match(/^(received|verified|not) .*$/gm) ?? [];

/** What the page says in words. */
const checkBesides: Record<string, () => void> = {
  "0. The Worker before": () => expect(received()).toEqual([]),
  "The outbox as a service": () =>
    expect(received()).toEqual(['verified order.placed {"id":"2001","total":42}']),
};

test("docs/start has the sections that this test knows of", () => {
  const titles = sections.map(({ title }) => title);
  expect(titles).toEqual(expect.arrayContaining(Object.keys(checkBesides)));
  expect(titles.length).toBeGreaterThan(12);
});

describe("nobody gets through a page", () => {
  const page = (...blocks: string[]) => {
    const path = join(reader.home, "page.md");
    writeFileSync(path, ["## A section", ...blocks].join("\n\n"));
    return readPage(path).flatMap(({ steps }) => steps);
  };
  const box = (language: string, ...lines: string[]) =>
    ["```", language, "\n", ...lines.map((line) => `${line}\n`), "```"].join("");

  test.each([
    ["with a failing command", [box("sh", "node -e 'process.exit(3)'")], /ended with 3/],
    ["with another answer", [box("sh", `node -p '"[1]"'`), box("json", "[2]")], /to match object/],
    ["with other words", [box("sh", `node -p '"yes"'`), box("text", "no")], /to match/],
    ["with a box that is for nobody", [box("yaml", "a: 1")], /Nobody can carry this out/],
    [
      "with an edit of a missing text",
      [box("ts", "// a.ts", "let a;"), box("diff", "--- a.ts", "-let b;")],
      /where a.ts/,
    ],
    [
      "with a deploy without a rehearsal",
      [box("sh", "# With your Cloudflare account", "npx wrangler deploy")],
      /dry-run/,
    ],
    [
      "with a command that does not exist",
      [box("sh", "# With your Cloudflare account", "npx wrangler deplete --all")],
      /./,
    ],
  ])("%s", async (_, blocks, reason) => {
    const other = new Reader({ ports: {}, devPort: 0, inCheckout: {} });
    const follow = async () => {
      for (const step of page(...blocks)) await other.follow(step);
    };
    await expect(follow()).rejects.toThrow(reason);
    await other.close();
  });
});

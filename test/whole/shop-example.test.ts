import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OrderStatus } from "../../examples/shop/src/status.ts";
import { testServer } from "../../src/testing/node.ts";
import { waitUntil } from "../support/programs/dev-server.ts";
import { PATIENCE_MS } from "../support/runner/patience.ts";

const ROOT = join(import.meta.dirname, "../..");
const SHOP = join(ROOT, "examples/shop");
const read = (path: string) => readFileSync(join(SHOP, path), "utf8");
const readme = read("README.md");
const run = promisify(execFile);

describe("the shop's README", () => {
  const blocks = [...readme.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(
    ([, file = "", code = ""]) => ({ file, code }),
  );

  test.each(blocks)("is the code of $file", ({ file, code }) => {
    expect(read(file)).toContain(code);
  });

  test("is all code of a file, or run by this test", () => {
    expect(blocks.length).toBeGreaterThan(3);
    expect([...readme.matchAll(/^```\w/gm)]).toHaveLength(blocks.length + 2);
  });

  test.each([...readme.matchAll(/\]\(([^)#\s]+)\)/g)].map(([, target = ""]) => target))(
    "links to %s, which is there",
    (target) => {
      expect(() => readFileSync(join(SHOP, target))).not.toThrow(/ENOENT/);
    },
  );
});

describe("npm run example:shop", () => {
  let output = "";
  const child = () => started as ReturnType<typeof spawn>;
  let started: ReturnType<typeof spawn> | undefined;

  beforeAll(async () => {
    started = spawn("npm", ["run", "example:shop"], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        output += chunk;
      });
    }
    await waitUntil("the shop to be there", async () => {
      if (started?.exitCode !== null) throw new Error(`It ended:\n${output}`);
      return output.includes("Ctrl-C stops all of it");
    });
  });

  afterAll(() => {
    if (child().exitCode === null && child().signalCode === null)
      process.kill(-(child().pid ?? 0), "SIGKILL");
  });

  const urlOf = (name: string) => new RegExp(`${name} +(http://[\\d.]+:\\d+)`).exec(output)?.[1] ?? "";

  test("runs the commands of its README: an order is placed, and paid", async () => {
    const script = /```sh\n(SHOP=[\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const { stdout } = await run("bash", ["-c", script.replace(/^SHOP=\S+/, `SHOP=${urlOf("The shop")}`)]);
    const id = /"id":"(ord_\w+)"/.exec(stdout)?.[1];
    expect(stdout).toMatch(/"customerId":"cus_\w+"/);
    await waitUntil("the order to be paid and shipped", async () => {
      const response = await fetch(`${urlOf("The shop")}/orders/${id}`);
      const status = (await response.json()) as OrderStatus;
      return status.settled && status.steps.every(({ state }) => state === "done");
    });
    const response = await fetch(`${urlOf("Payment API")}/charges`);
    const { charges } = (await response.json()) as { charges: object[] };
    expect(charges).toMatchObject([{ reference: id, status: "succeeded" }]);
  });

  test("keeps its e-mails in the mailbox of its dashboard, where a test reads them", async () => {
    const token = /operator token (\S+)/.exec(output)?.[1] ?? "";
    const { mailbox } = testServer(`${urlOf("The shop")}/outbox`, { token });
    const paid = { to: "ada@example.com", subject: /^Paid \(ord_/ };
    const { id, messageId, headers } = await mailbox.latest(paid, { timeoutMs: PATIENCE_MS });
    expect(headers).toContainEqual(["X-Outbox-Message", messageId]);
    expect(await mailbox.all({ to: "ada@example.com" })).toContainEqual(expect.objectContaining({ id }));
  });

  test("ends with Ctrl-C, and leaves nothing running", async () => {
    const urls = ["The shop", "Fulfilment", "Payment API"].map(urlOf);
    expect(urls).not.toContain("");
    const exited = once(child(), "exit");
    process.kill(-(child().pid ?? 0), "SIGINT");
    await exited;
    for (const url of urls) {
      await waitUntil(`${url} to be silent`, () =>
        fetch(url).then(
          () => false,
          () => true,
        ),
      );
    }
  });
});

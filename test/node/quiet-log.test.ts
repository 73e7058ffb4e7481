import { expect, test } from "vitest";
import { quietly } from "../../src/cli/quiet-log.ts";

function logOf(...chunks: string[]): string {
  let log = "";
  const take = quietly((text) => {
    log += text;
  });
  for (const chunk of chunks) take(Buffer.from(chunk));
  return log;
}

test("the log leaves out reads that went well, and no other request", () => {
  const others = [
    "[wrangler:info] POST /v1/tenants 201 Created (158ms)",
    "[wrangler:info] GET /v1/tenants/none 404 Not Found (162ms)",
    '{"event":"sweep.done","level":"info","tenants":0}',
    "",
  ].join("\n");
  const reads = [
    "[wrangler:info] GET /v1/tenants 200 OK (104ms)",
    "\u001b[32m[wrangler:info]\u001b[39m \u001b[1mGET\u001b[22m /ui/ 304 Not Modified (3ms)",
    "",
  ].join("\n");
  expect(logOf(reads, others, reads)).toBe(others);
});

test("the log leaves out the table of bindings", () => {
  const table = "Your Worker has access to the following bindings:\nBinding   Resource\nenv.DB    D1\n\n";
  expect(logOf(`before\n${table}after\n`)).toBe("before\nafter\n");
});

test("a line that comes in parts is told as one", () => {
  expect(logOf("[wrangler:info] GET /v1/ten", "ants 200 OK (1ms)\nof", " mine: €\n")).toBe("of mine: €\n");
});

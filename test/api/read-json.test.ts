import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { call, createTenant } from "../support/api.ts";
import { api } from "../support/outbox.ts";

const TEXT = '{"eventType":"a","payload":"ä"}';

/** Commits a message whose body comes as these chunks, and then ends or breaks off. */
async function commit(path: string, chunks: Uint8Array[], ends: "well" | "broken", headers = {}) {
  const left = [...chunks];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = left.shift();
      if (chunk) controller.enqueue(chunk);
      else if (ends === "well") controller.close();
      else controller.error(new Error("Network connection lost."));
    },
  });
  const request = new Request(`http://outbox.test${path}/messages`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${env.OPERATOR_TOKEN}`,
      "content-type": "application/json",
      ...headers,
    },
    body,
  });
  const response = await api.fetch(request, env, createExecutionContext());
  return { status: response.status, body: await response.json<{ code: string; detail: string }>() };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const countOf = async (path: string) => (await call("GET", `${path}/messages`)).body.data.length;

describe("a body", () => {
  test("may come in pieces, of any size", async () => {
    const { path } = await createTenant();
    const pieces = [...bytesOf(TEXT)].map((byte) => Uint8Array.of(byte));
    expect((await commit(path, pieces, "well")).status).toBe(202);
    expect(await countOf(path)).toBe(1);
  });

  test.each([
    ["at once", []],
    ["within", [bytesOf(TEXT.slice(0, 10))]],
    ["within a letter", [bytesOf(TEXT).slice(0, -3)]],
    ["after all of it", [bytesOf(TEXT)]],
  ])("that breaks off %s is its sender's fault, and nothing is written", async (_, chunks) => {
    const { path } = await createTenant();
    const answer = await commit(path, chunks, "broken");
    expect(answer).toMatchObject({ status: 400, body: { code: "malformed_json" } });
    expect(answer.body.detail).toContain("broke off");
    expect(await countOf(path)).toBe(0);
  });

  test("that ends within a letter is not UTF-8", async () => {
    const { path } = await createTenant();
    const answer = await commit(path, [bytesOf(TEXT).slice(0, -3)], "well");
    expect(answer).toMatchObject({ status: 400, body: { detail: "The body is not UTF-8." } });
  });

  test("without an end is read no further than is allowed", async () => {
    const { path } = await createTenant();
    const piece = bytesOf(" ".repeat(64 * 1024));
    const pieces = Array.from({ length: limits.bodyBytes / piece.length + 1 }, () => piece);
    const answer = await commit(path, pieces, "broken");
    expect(answer).toMatchObject({ status: 413, body: { code: "body_too_large" } });
  });

  test.each(["gzip", "br", "GZIP, identity"])("that says it is compressed, by %s: 415", async (coding) => {
    const { path } = await createTenant();
    const answer = await commit(path, [bytesOf(TEXT)], "well", { "content-encoding": coding });
    expect(answer).toMatchObject({ status: 415, body: { code: "unsupported_media_type" } });
    expect(await countOf(path)).toBe(0);
  });

  test("that says it is not, is taken", async () => {
    const { path } = await createTenant();
    const answer = await commit(path, [bytesOf(TEXT)], "well", { "content-encoding": "identity" });
    expect(answer.status).toBe(202);
  });
});

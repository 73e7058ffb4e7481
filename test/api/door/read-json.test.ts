import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/platform/clock.ts";
import { limits } from "../../../src/platform/limits.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { api } from "../../support/worker/outbox.ts";
import { apiWith } from "../../support/worker/own-api.ts";

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
  ])("breaking off %s is its sender's fault, and nothing is written", async (_, chunks) => {
    const { path } = await createTenant();
    const answer = await commit(path, chunks, "broken");
    expect(answer).toMatchObject({ status: 400, body: { code: "malformed_json" } });
    expect(answer.body.detail).toContain("ended early");
    expect(await countOf(path)).toBe(0);
  });

  test("ending within a letter is not UTF-8", async () => {
    const { path } = await createTenant();
    const answer = await commit(path, [bytesOf(TEXT).slice(0, -3)], "well");
    expect(answer).toMatchObject({
      status: 400,
      body: { detail: "The body is not UTF-8. Encode it as UTF-8." },
    });
  });

  test("without an end is read no further than is allowed", async () => {
    const { path } = await createTenant();
    const piece = bytesOf(" ".repeat(64 * 1024));
    const pieces = Array.from({ length: limits.bodyBytes / piece.length + 1 }, () => piece);
    const answer = await commit(path, pieces, "broken");
    expect(answer).toMatchObject({ status: 413, body: { code: "body_too_large" } });
  });

  test.each(["gzip", "br", "GZIP, identity"])("declared as compressed, by %s: 415", async (coding) => {
    const { path } = await createTenant();
    const answer = await commit(path, [bytesOf(TEXT)], "well", { "content-encoding": coding });
    expect(answer).toMatchObject({ status: 415, body: { code: "unsupported_media_type" } });
    expect(await countOf(path)).toBe(0);
  });

  test("declared as not compressed is accepted", async () => {
    const { path } = await createTenant();
    const answer = await commit(path, [bytesOf(TEXT)], "well", { "content-encoding": "identity" });
    expect(answer.status).toBe(202);
  });

  test("trickling is given up on, and nothing is written", async () => {
    const { path } = await createTenant();
    const timers: { ms: number; act: () => void }[] = [];
    const after = (ms: number, act: () => void) => {
      timers.push({ ms, act });
      return () => undefined;
    };
    let isCancelled = false;
    const asked = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(bytesOf(TEXT.slice(0, 1))),
        pull: () => asked.resolve(),
        cancel: () => {
          isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const headers = {
      authorization: `Bearer ${env.OPERATOR_TOKEN}`,
      "content-type": "application/json",
    };
    const send = apiWith({ clock: { ...systemClock, after } });
    const answering = send(`${path}/messages`, { method: "POST", headers, body });
    await asked.promise;
    expect(timers).toMatchObject([{ ms: limits.bodyMs }]);
    timers[0]?.act();
    const answer = await answering;
    expect(answer.status).toBe(408);
    expect(await answer.json()).toMatchObject({ code: "body_timeout" });
    expect(isCancelled).toBe(true);
    expect(await countOf(path)).toBe(0);
  });
});

describe("the values of a body are counted before it is parsed", () => {
  const most = limits.jsonValues;

  test.each([
    ["keys that are not known", `{${Array.from({ length: 350_000 }, (_, n) => `"k${n}":1`).join(",")}}`],
    ["empty objects", `{"messages":[${"{},".repeat(1_390_000)}{}]}`],
    ["numbers", `{"messages":[${"1,".repeat(most)}1]}`],
    ["a payload's values", `{"messages":[{"eventType":"a","payload":[${"[],".repeat(most)}[]]}]}`],
  ])("%s", async (_, text) => {
    const { path } = await createTenant();
    const answer = await call("POST", `${path}/messages/batch`, { text });
    expect(answer).toMatchObject({ status: 413, body: { code: "body_too_large" } });
    expect(answer.body.detail).toContain(`${most} is the limit`);
  });

  test("fewer are taken where a number has more digits than a double", async () => {
    const { path } = await createTenant();
    const text = `{"messages":[${"12345678901234567890,".repeat(limits.jsonExactValues)}1]}`;
    const answer = await call("POST", `${path}/messages/batch`, { text });
    expect(answer).toMatchObject({ status: 413, body: { code: "body_too_large" } });
    expect(answer.body.detail).toContain(`${limits.jsonExactValues} is the limit where`);
  });

  test("of fields that are not known 20 are named", async () => {
    const { path } = await createTenant();
    const names = Array.from({ length: 1000 }, (_, n) => `x${n}`);
    const body = { eventType: "a", payload: 1, ...Object.fromEntries(names.map((name) => [name, 1])) };
    const answer = await call("POST", `${path}/messages`, { body });
    const [error] = answer.body.errors;
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: "" }] } });
    expect(error.message.match(/"x\d+"/g)).toHaveLength(limits.misfits);
    expect(error.message).toContain("and 980 more");
  });
});

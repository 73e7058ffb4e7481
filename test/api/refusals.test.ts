import { describe, expect, test } from "vitest";
import { makeEstate } from "../fuzz/estate.ts";
import { call, createTenant } from "../support/worker/api.ts";
import { CANARY, HEARD, listen } from "../support/worker/canary.ts";
import { fill, guarded } from "../support/worker/guarded.ts";

const { expectSilence } = listen();

type Path = readonly (string | number)[];

/** Every place in a body, and the body with something else there. */
function placesIn(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([step, inner]) => placesIn(inner, [...at, step]))];
}
function replaced(value: unknown, [step, ...rest]: Path, by: unknown): unknown {
  if (step === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  Reflect.set(copy, step, replaced(Reflect.get(copy, step), rest, by));
  return copy;
}

describe("a refusal tells no value that it was given", () => {
  test("in any place of any body", async () => {
    const { ids } = await makeEstate();
    let refusals = 0;
    for (const { method, path, body } of guarded.filter(({ body }) => body !== undefined)) {
      for (const place of placesIn(body)) {
        for (const by of [CANARY, { field: CANARY }, [CANARY], `${CANARY} `.repeat(200)]) {
          const answer = await call(method, fill(path, ids), { body: replaced(body, place, by) });
          if (answer.status < 400) continue;
          refusals++;
          expect(JSON.stringify(answer.body), `${method} ${path} ${place.join(".")}`).not.toMatch(HEARD);
        }
      }
    }
    expect(refusals).toBeGreaterThan(200);
    expectSilence();
  });

  test.each([
    `{"eventType": ${CANARY}}`,
    `{"eventType": "${CANARY}`,
    `{"eventType": "${CANARY}\u0001"}`,
    `{"eventType": "${CANARY}\\x"}`,
    `{"${CANARY}"}`,
    `${CANARY}`,
    `"${CANARY}" "${CANARY}"`,
    `${'{"a":'.repeat(70)}"${CANARY}"${"}".repeat(70)}`,
    `{"eventType":"a","payload":"${CANARY.repeat(50_000)}"}`,
  ])("in what is no JSON, or too much of it: %# ", async (text) => {
    const { path } = await createTenant();
    const { status, body } = await call("POST", `${path}/messages`, { text });
    expect([400, 413]).toContain(status);
    expect(JSON.stringify(body)).not.toMatch(HEARD);
    expectSilence();
  });

  test("in any parameter of any list, nor in headers", async () => {
    const { path } = await createTenant();
    const lists = [
      "messages",
      "deliveries",
      "dead-letters",
      "endpoints",
      "event-types",
      "tokens",
      "stats",
      "failures",
    ];
    const names = [
      "limit",
      "cursor",
      "state",
      "channel",
      "eventType",
      "since",
      "until",
      "archived",
      "httpStatus",
    ];
    const { body: hook } = await call("POST", `${path}/endpoints`, {
      body: { channel: "webhook", url: "https://hooks.invalid/" },
    });
    const post = { eventType: "a", payload: 1 };
    const answers = [
      ...lists.flatMap((list) => names.map((name) => call("GET", `${path}/${list}?${name}=${CANARY}`))),
      call("POST", `${path}/pause`, { headers: { "idempotency-key": CANARY.repeat(30) } }),
      call("POST", `${path}/messages`, { body: post, headers: { "idempotency-key": CANARY.repeat(30) } }),
      call("POST", `${path}/messages`, { body: post, headers: { "content-type": CANARY } }),
      call("PATCH", `${path}/endpoints/${hook.id}`, { body: {}, headers: { "if-match": CANARY } }),
      call("GET", path, { token: "c4n4ry-that-is-no-token" }),
      call("GET", path, { headers: { authorization: CANARY } }),
      call("GET", `${path}?x=${CANARY.repeat(1000)}`),
      call("GET", path, { headers: { "x-much": CANARY.repeat(5000) } }),
    ];
    for (const { status, body } of await Promise.all(answers)) {
      expect([401, 414, 415, 422, 431]).toContain(status);
      expect(JSON.stringify(body)).not.toMatch(HEARD);
    }
    expectSilence();
  });

  test("in a payload that does not fit its schema, whatever the keyword, nor in the schema's own words", async () => {
    const { path } = await createTenant();
    const keywords: [object, unknown][] = [
      [{ type: "number" }, CANARY],
      [{ enum: ["a"] }, CANARY],
      [{ const: "a" }, CANARY],
      [{ pattern: "^a$" }, CANARY],
      [{ format: "email" }, CANARY],
      [{ maxLength: 2 }, CANARY],
      [{ minLength: 200 }, CANARY],
      [{ uniqueItems: true }, [CANARY, CANARY]],
      [{ items: { type: "number" } }, [CANARY]],
      [{ contains: { type: "number" } }, [CANARY]],
      [{ required: ["a"] }, { b: CANARY }],
      [{ additionalProperties: false }, { b: CANARY }],
      [{ dependentRequired: { b: ["a"] } }, { b: CANARY }],
      [{ anyOf: [{ type: "number" }, { const: 1 }] }, CANARY],
      [{ not: { type: "string" } }, CANARY],
    ];
    for (const [n, [keyword, payload]] of keywords.entries()) {
      const schema = { title: CANARY, description: CANARY, $comment: CANARY, default: CANARY, ...keyword };
      const name = `type.${n}`;
      const made = await call("POST", `${path}/event-types`, { body: { name, schema, description: CANARY } });
      expect(made.status).toBe(201);
      const { status, body } = await call("POST", `${path}/messages`, { body: { eventType: name, payload } });
      expect(status, JSON.stringify(keyword)).toBe(422);
      expect(JSON.stringify(body)).not.toMatch(HEARD);
      const again = await call("POST", `${path}/event-types`, { body: { name, description: CANARY } });
      expect(again.status).toBe(409);
      expect(JSON.stringify(again.body)).not.toMatch(HEARD);
    }
    expectSilence();
  });

  test("when a key is used for something else", async () => {
    const { path } = await createTenant();
    const headers = { "idempotency-key": "k" };
    for (const [what, body] of [
      ["messages", (n: number) => ({ eventType: "a", payload: `${CANARY} ${n}` })],
      ["event-types", (n: number) => ({ name: "a", description: `${CANARY} ${n}` })],
    ] as const) {
      expect((await call("POST", `${path}/${what}`, { body: body(1), headers })).status).toBeLessThan(300);
      const { status, body: refusal } = await call("POST", `${path}/${what}`, { body: body(2), headers });
      expect(status).toBe(409);
      expect(JSON.stringify(refusal)).not.toMatch(HEARD);
    }
    expectSilence();
  });
});

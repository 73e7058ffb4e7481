import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Received } from "../../support/outside/receiver-server.ts";
import { waitUntil } from "../../support/programs/dev-server.ts";
import { ROOT } from "../../support/programs/run.ts";
import { type Build, BuiltWorker } from "./built-worker.ts";

/** Of each keyword: a schema, a payload that fits it, and one that does not. */
const KEYWORDS: [schema: unknown, fits: unknown, misfits: unknown][] = [
  [{ type: "object", required: ["id"] }, { id: 1 }, {}],
  [{ properties: { constructor: { type: "string" } } }, { constructor: "a" }, { constructor: 1 }],
  [{ patternProperties: { "^x-": { type: "integer" } } }, { "x-a": 1, b: "c" }, { "x-a": "1" }],
  [{ properties: { a: true }, additionalProperties: false }, { a: 1 }, { b: 1 }],
  [{ patternProperties: { "^a": true }, additionalProperties: false }, { ab: 1 }, { ba: 1 }],
  [{ properties: { a: true }, unevaluatedProperties: false }, { a: 1 }, { b: 1 }],
  [{ propertyNames: { pattern: "^[a-z]+$" } }, { ab: 1 }, { Ab: 1 }],
  [{ pattern: "^[A-Z]{2}\\d+$" }, "AB1", "A1"],
  [{ minLength: 2, maxLength: 3 }, "ab", "abcd"],
  [{ minimum: 1, exclusiveMaximum: 5, multipleOf: 2 }, 4, 5],
  [{ enum: ["new", "paid"] }, "paid", "lost"],
  [{ const: { a: [1] } }, { a: [1] }, { a: [2] }],
  [{ items: { type: "integer" }, minItems: 1, uniqueItems: true }, [1, 2], [1, 1]],
  [{ prefixItems: [{ type: "string" }], items: false }, ["a"], ["a", 1]],
  [{ contains: { const: 1 }, maxContains: 1 }, [1, 2], [1, 1]],
  [{ anyOf: [{ type: "null" }, { type: "string" }] }, null, 1],
  [{ oneOf: [{ minimum: 2 }, { maximum: 2 }] }, 3, 2],
  [{ not: { type: "string" } }, 1, "a"],
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  [{ if: { type: "string" }, then: { minLength: 1 } }, 1, ""],
  [{ dependentRequired: { a: ["b"] } }, { a: 1, b: 1 }, { a: 1 }],
  [
    { $defs: { id: { type: "integer" } }, properties: { id: { $ref: "#/$defs/id" } } },
    { id: 1 },
    { id: "1" },
  ],
  [{ $schema: "https://json-schema.org/draft/2020-12/schema", type: "integer" }, 1, "1"],
  [true, "anything", undefined],
  [false, undefined, "anything"],
];

/** Of each promised format: a text that has it, and one that has it not. */
const FORMATS: Record<string, [fits: string, misfits: string]> = {
  "date-time": ["2026-11-29T12:00:00+01:00", "2026-11-29"],
  date: ["2028-02-29", "2026-02-29"],
  time: ["23:59:60Z", "24:00:00Z"],
  duration: ["P1DT2H", "1 day"],
  email: ["ada@example.com", "no e-mail"],
  hostname: ["shop.example.com", "shop_example"],
  ipv4: ["192.0.2.1", "192.0.2.256"],
  ipv6: ["2001:db8::1", "2001:db8::g"],
  uri: ["urn:isbn:1", "/a/b"],
  uuid: ["018f3a5e-1111-7222-8333-444455556666", "018f3a5e"],
};

/** Patterns for which the runtime's own engine takes twice as long with each letter. */
const CATASTROPHES = ["^(a+)+$", "^(a|a)*$", "^([a-z]+)*\\d$"];

/** The black box: what holds of the code must hold of what is uploaded. */
export function describeBuilt(
  name: string,
  make: () => Promise<Build>,
  more: (worker: () => BuiltWorker) => void,
) {
  describe(name, () => {
    let built: Build;
    let worker: BuiltWorker;

    beforeAll(async () => {
      built = await make();
      worker = await BuiltWorker.start(built);
    });
    afterAll(() => worker?.close());

    test("is built without a warning", () => {
      expect(built.said).not.toContain("WARNING");
      expect(built.said).toContain("--dry-run: exiting now.");
    });

    describe("checks payloads", () => payloadCases(() => worker));
    describe("delivers", () => deliveryCases(() => worker));

    test("describes its API as the document in docs/ does", async () => {
      const { body } = await worker.call("GET", "/openapi.json");
      expect(body).toEqual(JSON.parse(readFileSync(join(ROOT, "docs/reference/openapi.json"), "utf8")));
    });

    test("refuses what is wrong with a field and a remedy", async () => {
      const tenant = await worker.createTenant();
      const { status, body } = await worker.call("POST", `${tenant}/messages`, { eventType: 7, payload: {} });
      expect([status, body.code]).toEqual([422, "invalid_input"]);
      expect(body.errors).toEqual([{ path: "eventType", message: expect.stringContaining("must be text") }]);
      expect((await worker.call("GET", "/v1/tenants/nobody/messages")).status).toBe(404);
    });

    test("does its chores when the cron rings", async () => {
      await worker.ringCron();
      expect((await worker.call("GET", "/health")).status).toBe(200);
    });

    more(() => worker);
  });
}

type Get = () => BuiltWorker;

/** A tenant with an event type that has this schema; and what a commit of a payload is answered. */
async function withSchema(worker: BuiltWorker, schema: unknown) {
  const tenant = await worker.createTenant();
  const made = await worker.call("POST", `${tenant}/event-types`, { name: "a", schema });
  const commit = async (payload: unknown) =>
    worker.call("POST", `${tenant}/messages`, { eventType: "a", payload });
  return { made, commit };
}

function payloadCases(worker: Get) {
  test.each(KEYWORDS)("by %j", async (schema, fits, misfits) => {
    const { made, commit } = await withSchema(worker(), schema);
    expect(made.status).toBe(201);
    if (fits !== undefined) expect((await commit(fits)).status).toBe(202);
    if (misfits !== undefined) {
      expect(await commit(misfits)).toMatchObject({ status: 422, body: { code: "invalid_input" } });
    }
  });

  test.each(Object.entries(FORMATS))("by the format %s", async (format, [fits, misfits]) => {
    const { commit } = await withSchema(worker(), { format });
    expect((await commit(fits)).status).toBe(202);
    const refused = { path: "payload", message: `must have the format "${format}"` };
    expect(await commit(misfits)).toMatchObject({ status: 422, body: { errors: [refused] } });
  });

  test.each(CATASTROPHES)("by the pattern %s in time proportional to the text", async (pattern) => {
    const { commit } = await withSchema(worker(), { pattern });
    const refused = { path: "payload", message: `must match ${pattern}` };
    // The runtime's own engine would not come to an end: it doubles its time with each letter.
    expect(await commit(`${"a".repeat(100_000)}!`)).toMatchObject({
      status: 422,
      body: { errors: [refused] },
    });
  });

  test("in so many steps, and not one more", async () => {
    const { made, commit } = await withSchema(worker(), {
      allOf: Array.from({ length: 15 }, () => ({ pattern: "a[ab]{60}c$" })),
    });
    expect(made.status).toBe(201);
    const tooMany = { path: "payload", message: expect.stringContaining("takes too many steps") };
    expect(await commit("ab".repeat(120_000))).toMatchObject({ status: 422, body: { errors: [tooMany] } });
  });

  test.each(["(?<=b)c(?=a)", "(?i:a)", "(a)\\1", "[", "a{4000}"])(
    "by no pattern such as %s",
    async (pattern) => {
      const refused = {
        path: "schema.properties.a.pattern",
        message: expect.stringMatching(/^as a pattern /),
      };
      const { made } = await withSchema(worker(), { properties: { a: { pattern } } });
      expect(made).toMatchObject({ status: 422, body: { errors: [refused] } });
      const named = await withSchema(worker(), { patternProperties: { [pattern]: true } });
      expect(named.made.status).toBe(422);
    },
  );

  test("by no schema that is none", async () => {
    const { made } = await withSchema(worker(), { properties: { a: { type: "text" } } });
    expect(made).toMatchObject({ status: 422, body: { errors: [{ path: "schema.properties.a.type" }] } });
  });
}

function deliveryCases(worker: Get) {
  /** A tenant with a webhook endpoint. */
  async function withHook(...answers: Parameters<BuiltWorker["createHook"]>) {
    const tenant = await worker().createTenant();
    const hook = await worker().createHook(...answers);
    const { body: endpoint } = await worker().call("POST", `${tenant}/endpoints`, {
      channel: "webhook",
      url: hook.url,
    });
    const commit = async (body: unknown) => {
      const committed = await worker().call("POST", `${tenant}/messages`, body);
      expect(committed.status).toBe(202);
      return worker().settled(tenant, committed.body.id);
    };
    return { tenant, hook, endpoint, commit };
  }

  /** By both of the libraries that receivers use; each throws when the signature is none of this secret's. */
  function verify(secret: string, request: Received | undefined): unknown {
    const { body = "", headers = {} } = request ?? {};
    new SvixWebhook(secret).verify(body, headers);
    return new Webhook(secret).verify(body, headers);
  }

  test("a webhook that the official libraries verify", async () => {
    const { hook, endpoint, commit } = await withHook();
    const { deliveries } = await commit({ eventType: "order.placed", payload: { total: 42 } });
    expect(deliveries).toMatchObject([{ state: "delivered", attempts: [{ httpStatus: 200 }] }]);
    const [request] = await hook.received();
    expect(verify(endpoint.secret, request)).toMatchObject({ type: expect.any(String), data: { total: 42 } });
    expect(() => verify(`whsec_${btoa("another secret of 24 byte")}`, request)).toThrow();
  });

  test("numbers with all of their digits", async () => {
    const { hook, commit } = await withHook();
    await commit('{"eventType":"a","payload":{"id":12345678901234567890}}');
    expect((await hook.received())[0]?.body).toContain("12345678901234567890");
  });

  test("a payload that is stored compressed, byte for byte", async () => {
    const { hook, endpoint, commit } = await withHook();
    const payload = { words: Array.from({ length: 5000 }, (_, n) => `word ${n % 7} é`) };
    await commit({ eventType: "a", payload });
    const [request] = await hook.received();
    expect(verify(endpoint.secret, request)).toMatchObject({ type: "a", data: payload });
    expect(request?.body.endsWith(`,"data":${JSON.stringify(payload)}}`)).toBe(true);
  });

  test("a replay of deliveries that failed at first, and only then", async () => {
    const { hook, commit } = await withHook({ status: 500 }, { status: 200 });
    const { deliveries } = await commit({ eventType: "a", payload: 1 });
    expect(deliveries[0].attempts.map(({ outcome }: { outcome: string }) => outcome)).toHaveLength(2);
    expect(await hook.received()).toHaveLength(2);
  });

  test("with both signatures while a secret is rotated", async () => {
    const { tenant, hook, endpoint, commit } = await withHook();
    const { body } = await worker().call("POST", `${tenant}/endpoints/${endpoint.id}/secret/rotate`);
    expect(body.secret).not.toBe(endpoint.secret);
    await commit({ eventType: "a", payload: { n: 1 } });
    const [request] = await hook.received();
    expect(request?.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const secret of [endpoint.secret, body.secret])
      expect(verify(secret, request)).toMatchObject({ data: { n: 1 } });
  });

  test("again, with the same id, when it is replayed", async () => {
    const { tenant, hook, endpoint, commit } = await withHook();
    const { id } = await commit({ eventType: "a", payload: { n: 1 } });
    const path = `${tenant}/messages/${id}/deliveries/${endpoint.id}/replay`;
    expect((await worker().call("POST", path)).status).toBe(202);
    await waitUntil("the replay", async () => (await hook.received()).length === 2);
    const requests = await hook.received();
    expect(requests.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
    for (const request of requests)
      expect(verify(endpoint.secret, request)).toMatchObject({ data: { n: 1 } });
  });

  test("an e-mail", async () => {
    const tenant = await worker().createTenant();
    const email = { to: "Ada <ada@example.com>", subject: "Welcome", text: "Hello" };
    const { body } = await worker().call("POST", `${tenant}/emails`, email);
    const { deliveries } = await worker().settled(tenant, body.id);
    expect(deliveries).toMatchObject([{ channel: "email", state: "delivered" }]);
    expect(deliveries[0].attempts[0].responseExcerpt).toMatch(/@example\.com/);
  });
}

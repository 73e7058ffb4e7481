import { env } from "cloudflare:workers";
import type { z } from "@hono/zod-openapi";
import { beforeAll, describe, expect, test } from "vitest";
import { makeEstate } from "../fuzz/estate.ts";
import { call, createTenant } from "../support/worker/api.ts";
import { branchesOf, type DocumentSchema, operationsWithBody } from "../support/worker/body-fields.ts";
import { routes } from "../support/worker/conformity.ts";
import { fill, guarded } from "../support/worker/guarded.ts";

let tenant: { id: string; path: string };

beforeAll(async () => {
  tenant = await createTenant();
});

const HALF = "\ud83d";
const WEBHOOK = { channel: "webhook", url: "https://hooks.invalid/" };
/** Bodies that the document has no example of: of each channel, as what is optional differs; of an e-mail that can lack either part. */
const EXAMPLES: Record<string, Record<string, unknown>[]> = {
  createEndpoint: [
    WEBHOOK,
    { channel: "email", address: "ada@example.com" },
    { channel: "handler", handler: "charge-card" },
  ],
  createEmail: [{ to: "ada@example.com", subject: "Hello", text: "Hello", html: "Hello" }],
};

/** Every operation's body, its schemas of the document, and what the code takes. */
const bodies = operationsWithBody.flatMap(({ operationId, method, example, schemas }) => {
  const route = routes.find((one) => one.operationId === operationId);
  const content = route?.request?.body?.content as Record<string, { schema: z.ZodType }>;
  const taken = content["application/json"]?.schema as z.ZodType;
  return schemas.map((schema, position) => ({
    name: `${operationId} ${position}`,
    method,
    schema,
    example: EXAMPLES[operationId]?.[position] ?? example,
    taken,
  }));
});

const fieldsOf = ({ properties = {} }: DocumentSchema) => Object.entries(properties);
const typesOf = (schema: DocumentSchema) =>
  [schema, ...(schema.anyOf ?? [])].flatMap(({ type = [] }) => type);

describe("a field that nobody knows is refused by its name", () => {
  const writes = guarded.filter(({ method }) => method !== "GET");
  test.each(writes)("by $operationId", async ({ method, path, body }) => {
    const { ids } = await makeEstate();
    const wrong = { ...(body as object | undefined), dryRunn: true };
    const answer = await call(method, fill(path, ids), { body: wrong });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ path: "", message: 'Unknown field: "dryRunn"' }] },
    });
  });

  test.each(writes.filter(({ body }) => body === undefined))(
    "and by $operationId an empty object is taken as no body",
    async ({ method, path }) => {
      const { ids } = await makeEstate();
      const { status } = await call(method, fill(path, ids), { body: {} });
      expect([400, 415, 422]).not.toContain(status);
    },
  );
});

describe("null is left out", () => {
  test.each(bodies)("in every field of $name that may be", ({ schema, example, taken, method }) => {
    for (const [field] of fieldsOf(schema)) {
      if (schema.required?.includes(field)) continue;
      const { [field]: _, ...without } = example;
      const withNull = taken.safeParse({ ...without, [field]: null });
      expect(withNull.error?.issues.filter(({ path }) => path[0] === field) ?? [], field).toEqual([]);
      // To a change null is a value, and so it is to what takes any JSON.
      if (method === "PATCH" || ["payload", "schema", "name", "description"].includes(field)) continue;
      expect(withNull.data, field).toEqual(taken.safeParse(without).data);
    }
  });

  test.each(bodies)("and the document says so of $name", ({ schema }) => {
    for (const [field, one] of fieldsOf(schema)) {
      if (schema.required?.includes(field) || typesOf(one).length === 0) continue;
      expect(typesOf(one), field).toContain("null");
    }
  });

  test("an endpoint as it was read makes another one", async () => {
    const { body } = await call("POST", `${tenant.path}/endpoints`, { body: WEBHOOK });
    const read = (await call("GET", `${tenant.path}/endpoints/${body.id}`)).body;
    const { id: _id, builtIn: _b, state: _s, stateReason: _r, createdAt: _c, updatedAt: _u, ...rest } = read;
    const { failingSince: _f, heldUntil: _h, secretSetAt: _a, earlierSecretsEndAt: _e, ...input } = rest;
    expect(input.eventTypes).toBeNull();
    const again = await call("POST", `${tenant.path}/endpoints`, { body: input });
    expect(again).toMatchObject({ status: 201, body: input });
  });

  test("a message as it was read can be committed again, alone, in a batch and as an e-mail", async () => {
    const message = { eventType: "order.placed", payload: null, orderingKey: null, deliverAt: null };
    const body = { ...message, endpointIds: null };
    expect((await call("POST", `${tenant.path}/messages`, { body })).status).toBe(202);
    expect((await call("POST", `${tenant.path}/messages/batch`, { body: { messages: [body] } })).status).toBe(
      202,
    );
    const email = { to: "ada@example.com", subject: "Hello", text: "Hello", html: null, from: null };
    const all = { ...email, cc: null, bcc: null, replyTo: null, deliverAt: null, headers: null, tags: null };
    const sent = await call("POST", `${tenant.path}/emails`, { body: all });
    expect(sent.status).toBe(202);
    const read = await call("GET", `${tenant.path}/messages/${sent.body.id}`);
    expect(read.body.payload).toEqual({
      to: ["ada@example.com"],
      subject: "Hello",
      text: "Hello",
      from: "outbox@example.com",
    });
  });

  test.each(["eventType", "name", "scopes", "since"])("but a field that is needed is: %s", (field) => {
    const needing = bodies.filter(({ schema }) => schema.required?.includes(field));
    expect(needing.length).toBeGreaterThan(0);
    for (const { example, taken } of needing) {
      const { error } = taken.safeParse({ ...example, [field]: null });
      expect(error?.issues.map(({ path }) => path[0])).toContain(field);
    }
  });
});

describe("half of a surrogate pair", () => {
  const paths = (taken: z.ZodType, body: object) =>
    taken.safeParse(body).error?.issues.map(({ path }) => path.join("."));

  test.each(bodies)("is refused in every text of $name", ({ schema, example, taken }) => {
    for (const [field, one] of fieldsOf(schema)) {
      if (typesOf(one).includes("string")) {
        expect(paths(taken, { ...example, [field]: `a${HALF}b` }), field).toContain(field);
      }
      const items = one.items && branchesOf(one.items);
      if (items?.some((item) => typesOf(item).includes("string"))) {
        expect(paths(taken, { ...example, [field]: [`a${HALF}b`] })?.join(), field).toContain(field);
      }
    }
  });

  test.each(["\ud83d", "\ude00", "a\ud83d", "\ude00\ud83d"])(
    "makes no key another one: %j",
    async (orderingKey) => {
      const body = { eventType: "a", payload: 1, orderingKey };
      const answer = await call("POST", `${tenant.path}/messages`, { body });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: "orderingKey" }] } });
      expect(answer.body.errors[0].message).toContain("surrogate");
    },
  );

  test("stays in a payload as it was written, in keys and values", async () => {
    const text = '{"eventType":"a","payload":{"\\ud83d":"cut \\ude00"}}';
    const { status, body } = await call("POST", `${tenant.path}/messages`, { text });
    expect(status).toBe(202);
    const read = await call("GET", `${tenant.path}/messages/${body.id}`);
    expect(JSON.stringify(read.body.payload)).toBe('{"\\ud83d":"cut \\ude00"}');
  });
});

describe("a number", () => {
  const spelled = (digits: string) => JSON.rawJSON(digits);

  test.each([
    ["rateLimit", "10.00000000000000000000001", 10],
    ["retrySchedule", "1.0", 1],
    ["overlapSeconds", "3600.0", 3600],
    ["expiresInSeconds", "36e2", 3600],
  ])("%s may be spelled %s", (field, digits, value) => {
    const takers = bodies.filter(({ schema }) => schema.properties?.[field]);
    expect(takers.length).toBeGreaterThan(0);
    for (const { name, example, taken } of takers) {
      const given = field === "retrySchedule" ? [spelled(digits)] : spelled(digits);
      const parsed = taken.safeParse({ ...example, [field]: given });
      const got = (parsed.data as Record<string, unknown> | undefined)?.[field];
      expect([got].flat()[0], `${name}: ${parsed.error}`).toBeCloseTo(value);
    }
  });

  test("with more digits than a double is the nearest double where it is reckoned with", async () => {
    const text = JSON.stringify(WEBHOOK).replace(
      "}",
      ',"rateLimit":0.30000000000000000001,"retrySchedule":[1.00000000000000000001]}',
    );
    const { status, body } = await call("POST", `${tenant.path}/endpoints`, { text });
    expect(status).toBe(201);
    expect(body).toMatchObject({ rateLimit: 0.3, retrySchedule: [1] });
  });

  test.each(["12345678901234567890.0", "-0", "1e400", "[0.1234567890123456789,-0.0]"])(
    "in a payload keeps what it says: %s",
    async (payload) => {
      const text = `{"eventType":"a","payload":${payload}}`;
      const { body } = await call("POST", `${tenant.path}/messages`, { text });
      const { results } = await env.DB.prepare(
        "SELECT payload FROM outbox_messages WHERE tenant_id = ? ORDER BY seq DESC LIMIT 1",
      )
        .bind(tenant.id)
        .all();
      expect(body.sequence).toBeGreaterThan(0);
      expect(results).toEqual([{ payload }]);
    },
  );
});

describe("a name that objects have from their prototype", () => {
  test.each(["headers", "secretHeaders"])("is refused or taken in %s, and never dropped", async (field) => {
    const send = (headers: string) => {
      const text = JSON.stringify(WEBHOOK).replace("}", `,"${field}":${headers}}`);
      return call("POST", `${tenant.path}/endpoints`, { text });
    };
    expect(await send('{"__proto__":"x"}')).toMatchObject({
      status: 422,
      body: { errors: [{ path: `${field}.__proto__` }] },
    });
    expect((await send('{"x-a":"y","__proto__":"x"}')).status).toBe(422);
    const names = ["constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];
    const all = Object.fromEntries(names.map((name) => [name, "x"]));
    const { status, body } = await send(JSON.stringify(all));
    expect(status).toBe(201);
    expect(
      Object.values(
        [body[field]].flat().flatMap((one) => (typeof one === "string" ? one : Object.keys(one))),
      ),
    ).toEqual(names);
  });

  test.each(bodies)("is a field that $name does not know", ({ example, taken }) => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const body = JSON.parse(JSON.stringify(example).replace("{", `{"${name}":{"a":1},`));
      const { error } = taken.safeParse(body);
      expect(
        error?.issues.some(({ code }) => code === "unrecognized_keys"),
        name,
      ).toBe(true);
    }
  });
});

describe("an instant", () => {
  const DELIVERED = "2026-12-29T23:00:00.000Z";

  test.each([
    "2026-12-29T23:00Z",
    "2026-12-29t23:00:00z",
    "2026-12-30T00:00:00.000000000+0100",
    "2026-12-30 00:00+01",
  ])("says when to deliver: %s", async (deliverAt) => {
    const { status, body } = await call("POST", `${tenant.path}/messages`, {
      body: { eventType: "a", payload: 1, deliverAt },
    });
    expect(status).toBe(202);
    const read = await call("GET", `${tenant.path}/messages/${body.id}`);
    expect(read.body.deliverAt).toBe(DELIVERED);
  });

  test("narrows lists", async () => {
    for (const since of ["2026-11-23T20:00Z", "2026-11-23t20:00:00.123456789z", "2026-11-23T21:00:00+0100"]) {
      const query = new URLSearchParams({ since, until: since });
      for (const list of [
        "messages",
        "deliveries",
        "dead-letters",
        "emails",
        "failures",
        "failures/groups",
        "stats",
      ]) {
        expect((await call("GET", `${tenant.path}/${list}?${query}`)).status, `${list} ${since}`).toBe(200);
      }
    }
  });

  test.each(["2026-12-29", "2026-12-29T23:00:00", "tomorrow", 1_796_000_000_000])(
    "is not %j",
    async (deliverAt) => {
      const answer = await call("POST", `${tenant.path}/messages`, {
        body: { eventType: "a", payload: 1, deliverAt },
      });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: "deliverAt" }] } });
      expect(answer.body.errors[0].message).toContain("with its offset");
    },
  );
});

import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { answerOf, createClient, entriesOf } from "../../src/client/client.ts";
import { call, createTenant } from "../support/worker/api.ts";

/** Nobody is there: the name cannot resolve (RFC 6761). */
const url = "https://hooks.invalid/hook";
const AT = Date.parse("2026-11-23T12:00:00Z");
let tenant: { id: string; path: string };
let endpoint: string;
let messages: string[];

beforeEach(async () => {
  tenant = await createTenant();
  const { body } = await call("POST", `${tenant.path}/endpoints`, {
    body: { channel: "webhook", url, eventTypes: ["a"] },
  });
  endpoint = body.id;
  await call("POST", `${tenant.path}/endpoints/${endpoint}/pause`);
  messages = [];
  for (const payload of [503, 503, 503, 500]) messages.push(await commit({ eventType: "a", payload }));
  await die(AT);
});

const get = (path: string) => call("GET", `${tenant.path}/${path}`);
const post = (path: string, body: object) => call("POST", `${tenant.path}/${path}`, { body });
const commit = async (body: object): Promise<string> => (await post("messages", body)).body.id;

/** Every delivery that waits dies of its payload, at its second attempt. */
const die = (at: number) =>
  env.DB.batch([
    env.DB.prepare(
      `INSERT OR IGNORE INTO outbox_attempts (tenant_id, seq, endpoint_id, n, outcome, started_at, duration_ms, http_status, error,
         excerpt, endpoint_version, response_headers)
       SELECT d.tenant_id, d.seq, d.endpoint_id, n.value, iif(n.value = 1, 'retry', 'dead'), ?2 + 10 * n.value + d.seq, 7,
         CAST(m.payload AS INTEGER), 'http_status', 'down', 1, '{"server":"nginx"}'
       FROM outbox_deliveries d JOIN outbox_messages m ON m.tenant_id = d.tenant_id AND m.seq = d.seq, json_each('[1,2]') n
       WHERE d.tenant_id = ?1 AND d.due_at IS NOT NULL`,
    ).bind(tenant.id, at),
    env.DB.prepare(
      `UPDATE outbox_deliveries SET state = 'dead', due_at = NULL, settled_at = ?2, reason = 'exhausted', attempts = 2,
         http_status = (SELECT CAST(payload AS INTEGER) FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.seq = outbox_deliveries.seq),
         error = 'http_status'
       WHERE tenant_id = ?1 AND due_at IS NOT NULL`,
    ).bind(tenant.id, at),
  ]);

describe("failures over HTTP", () => {
  test("are listed, newest first, with the attempt as the message shows it", async () => {
    const { body } = await get("failures?limit=1");
    const message = (await get(`messages/${messages[3]}`)).body;
    const { deliveries, id, sequence, eventType, committedAt, orderingKey } = message;
    expect(body.data).toEqual([
      {
        messageId: id,
        ...{ sequence, eventType, committedAt, orderingKey },
        endpointId: endpoint,
        channel: "webhook",
        ...deliveries[0].attempts[1],
      },
    ]);
    expect(body.data[0]).toMatchObject({
      outcome: "dead",
      target: url,
      responseHeaders: { server: "nginx" },
    });
    const next = await get(`failures?limit=100&cursor=${body.nextCursor}`);
    expect(next.body).toMatchObject({ data: { length: 7 }, nextCursor: null });
    expect((await get("failures?httpStatus=500&error=http_status")).body.data).toHaveLength(2);
    expect((await get(`failures?endpointId=${endpoint}&since=${iso(AT + 24)}`)).body.data).toHaveLength(1);
    expect((await get(`failures?until=${iso(AT + 12)}`)).body.data).toHaveLength(1);
    expect((await get("failures?error=timeout")).body).toEqual({ data: [], nextCursor: null });
  });

  test("are grouped over a span, which the answer tells", async () => {
    const [since, until] = [iso(AT), iso(AT + 1000)];
    const { body } = await get(`failures/groups?since=${since}&until=${until}`);
    const activity = (first: number) => [first, ...Array(23).fill(0)];
    expect(body).toEqual({
      span: { since, until },
      data: [
        {
          endpointId: endpoint,
          channel: "webhook",
          result: { error: "http_status", httpStatus: 503 },
          ...{ count: 6, dead: 3, firstAt: iso(AT + 11), lastAt: iso(AT + 23), example: messages[2] },
          activity: activity(6),
          responseExcerpt: "down",
        },
        {
          endpointId: endpoint,
          channel: "webhook",
          result: { error: "http_status", httpStatus: 500 },
          ...{ count: 2, dead: 1, firstAt: iso(AT + 14), lastAt: iso(AT + 24), example: messages[3] },
          activity: activity(2),
          responseExcerpt: "down",
        },
      ],
      complete: true,
    });
    const { span } = (await get("failures/groups")).body;
    expect(Date.parse(span.until) - Date.parse(span.since)).toBe(24 * 3600_000);
  });
});

describe("dead letters over HTTP", () => {
  test.each([
    ["replay", "replayed"],
    ["dismiss", "dismissed"],
  ])("to %s: counted first, then by name, by group, and all that match", async (act, done) => {
    const ask = async (body: object) => (await post(`dead-letters/${act}`, body)).body;
    const counted = await ask({ dryRun: true });
    expect(counted).toEqual({
      matched: 4,
      capped: false,
      [done]: 0,
      left: 4,
      asOf: expect.stringMatching(/Z$/),
    });

    const deliveries = messages.slice(0, 2).map((messageId) => ({ messageId, endpointId: endpoint }));
    const named = await ask({ deliveries: deliveries.slice(0, 1) });
    expect(named).toMatchObject({ matched: 1, [done]: 1, left: 0 });
    expect(await ask({ deliveries })).toMatchObject({ matched: 1, [done]: 1, left: 0 });

    const [group] = (await get("dead-letters/groups")).body.data;
    const { result } = group;
    expect([group.count, result.reason]).toEqual([1, "exhausted"]);
    const of503 = { endpointId: endpoint, result: { error: "http_status", httpStatus: 503 } };
    expect(await ask({ ...of503, dryRun: true })).toMatchObject({ matched: 1, [done]: 0, left: 1 });
    expect(await ask({ ...of503, asOf: counted.asOf })).toMatchObject({ matched: 1, [done]: 1, left: 0 });

    await commit({ eventType: "a", payload: 503 });
    await die(Date.parse(counted.asOf) + 1);
    const { asOf } = counted;
    expect(await ask({ asOf })).toEqual({ matched: 1, capped: false, [done]: 1, left: 0, asOf });
    expect(await ask({ asOf })).toEqual({ matched: 0, capped: false, [done]: 0, left: 0, asOf });
    expect(await post(`dead-letters/${act}`, { asOf: "now" })).toMatchObject({
      status: 422,
      body: { errors: [{ path: "asOf" }] },
    });
    const many = Array(101).fill(deliveries[0]);
    expect((await post(`dead-letters/${act}`, { deliveries: many })).status).toBe(422);
  });

  test("an endpoint's are counted and replayed as of an instant", async () => {
    const ask = async (body: object) =>
      (await post(`endpoints/${endpoint}/replay`, { since: "2020-01-01T00:00:00Z", ...body })).body;
    const { asOf, ...counted } = await ask({ dryRun: true });
    expect(counted).toEqual({ matched: 4, capped: false, replayed: 0, left: 4 });
    await commit({ eventType: "a", payload: 503 });
    await die(Date.parse(asOf) + 1);
    expect(await ask({ asOf })).toEqual({ matched: 4, capped: false, replayed: 4, left: 0, asOf });
  });
});

test("the client replays in slices, with its progress, and lists failures", async () => {
  const client = createClient("http://outbox.test", {
    token: env.OPERATOR_TOKEN,
    fetch: (...request) => exports.default.fetch(...request),
  });
  const of = client.v1.tenants[":tenant"];
  const param = { tenant: tenant.id };
  const { replay } = of["dead-letters"];
  const { matched, asOf } = await answerOf(replay.$post({ param, json: { dryRun: true } }));
  const progress: string[] = [];
  for (let left = matched; left > 0; ) {
    ({ left } = await answerOf(replay.$post({ param, json: { asOf } })));
    progress.push(`${matched - left} of ${matched}`);
  }
  expect(progress).toEqual(["4 of 4"]);
  const outcomes: string[] = [];
  const query = { httpStatus: "500", limit: "1" };
  for await (const one of entriesOf((cursor) => of.failures.$get({ param, query: { ...query, ...cursor } })))
    outcomes.push(one.outcome);
  expect(outcomes).toEqual(["dead", "retry"]);
});

test("the counts of this moment alone are those of the statistics", async () => {
  const { at, now, endpoints, messages, complaints, today, ...rest } = (await get("now")).body;
  expect(rest).toEqual({});
  expect(Date.parse(at)).toBeGreaterThan(AT);
  const stats = (await get("stats")).body;
  expect({ now, endpoints, complaints, today }).toMatchObject({
    complaints: stats.complaints,
    now: stats.now,
    endpoints: stats.endpoints,
    today: stats.today,
  });
  expect(messages).toEqual({ total: 4, purged: 0 });
  expect(now.deadLetters).toEqual({ count: 4, capped: false });
  expect(endpoints).toMatchObject({ paused: 1 });
});

test("messages that went to nobody are found by that", async () => {
  const nobodys = await commit({ eventType: "b", payload: 1 });
  expect((await get("messages?unmatched=true")).body).toMatchObject({
    data: [{ id: nobodys, deliveries: 0 }],
    nextCursor: null,
  });
  for (const query of ["unmatched=false", ""])
    expect((await get(`messages?${query}`)).body.data).toHaveLength(5);
});

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

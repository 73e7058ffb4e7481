import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { answerOf, createClient, entriesOf } from "../../src/client/client.ts";
import {
  insertPast,
  makePast,
  type PastDelivery,
  type PastMessage,
  picking,
} from "../support/database/past.ts";
import { call, createTenant } from "../support/worker/api.ts";

const client = createClient("http://outbox.test", {
  token: env.OPERATOR_TOKEN,
  fetch: (...request) => exports.default.fetch(...request),
});
const of = client.v1.tenants[":tenant"];
const COUNT = 150;
const FROM = Date.parse("2026-11-01T00:00:00Z");
const at = (second: number) => new Date(FROM + second * 1000).toISOString();

/** Read by all, changed by none. */
let tenant: string;
let messages: PastMessage[];
let deliveries: PastDelivery[];

beforeAll(async () => {
  tenant = (await createTenant()).id;
  ({ messages, deliveries } = await makePast(tenant, COUNT, FROM, picking(7)));
});

type Query = Record<string, string>;
interface Place {
  sequence: number;
  endpointId?: string;
}

/** All that a list holds, page after page, as `sequence` or `sequence endpoint`. */
async function placesOf(entries: AsyncGenerator<Place>): Promise<string[]> {
  const places: string[] = [];
  for await (const { sequence, endpointId = "" } of entries) places.push(`${sequence} ${endpointId}`.trim());
  return places;
}
const param = () => ({ param: { tenant } });
const lists = {
  messages: (query: Query) =>
    entriesOf((cursor) => of.messages.$get({ ...param(), query: { ...query, ...cursor } })),
  deliveries: (query: Query) =>
    entriesOf((cursor) => of.deliveries.$get({ ...param(), query: { ...query, ...cursor } })),
  "dead-letters": (query: Query) =>
    entriesOf((cursor) => of["dead-letters"].$get({ ...param(), query: { ...query, ...cursor } })),
  emails: (query: Query) =>
    entriesOf((cursor) => of.emails.$get({ ...param(), query: { ...query, ...cursor } })),
};

const within = ({ committedAt }: PastMessage, { since, until }: Query) =>
  (since === undefined || committedAt >= Date.parse(since)) &&
  (until === undefined || committedAt < Date.parse(until));
const fits = (row: PastMessage | PastDelivery, query: Query) =>
  within(row, query) &&
  Object.entries(query)
    .filter(([name]) => !["since", "until", "limit"].includes(name))
    .every(([name, value]) => Reflect.get(row, name) === value);
const expectedOf = (rows: PastDelivery[], query: Query) =>
  rows
    .filter((row) => fits(row, query))
    .toSorted((a, b) => b.seq - a.seq || (a.endpointId < b.endpointId ? 1 : -1))
    .map(({ seq, endpointId }) => `${seq} ${endpointId}`);

const FILTERS: readonly Query[] = [
  {},
  { eventType: "a.b" },
  { eventType: "never" },
  { since: at(40), until: at(90) },
  { since: at(1000) },
];

describe("a list, page after page, holds what its filter describes, newest first, each once", () => {
  test.each<Query>([...FILTERS, { orderingKey: "k1" }, { orderingKey: "k1", eventType: "a" }])(
    "messages: %j",
    async (query) => {
      const expected = messages.filter((row) => fits(row, query)).map(({ seq }) => `${seq}`);
      const places = await placesOf(lists.messages({ limit: "7", ...query }));
      expect(places).toEqual(expected.toReversed());
    },
  );

  test("messages: to an endpoint", async () => {
    const expected = deliveries.filter(({ endpointId }) => endpointId === "ep_a").map(({ seq }) => `${seq}`);
    expect(expected.length).toBeGreaterThan(20);
    expect(await placesOf(lists.messages({ limit: "7", endpointId: "ep_a" }))).toEqual(expected.toReversed());
  });

  test.each<Query>([
    ...FILTERS,
    { state: "dead" },
    { state: "pending" },
    { state: "leased", endpointId: "ep_b" },
    { channel: "email", state: "delivered" },
    { endpointId: "ep_nobody" },
    { state: "cancelled", eventType: "a", channel: "webhook", since: at(10) },
  ])("deliveries: %j", async (query) => {
    expect(await placesOf(lists.deliveries({ limit: "7", ...query }))).toEqual(expectedOf(deliveries, query));
  });

  test.each<Query>([...FILTERS, { endpointId: "ep_c" }, { channel: "webhook" }])(
    "dead letters: %j",
    async (query) => {
      const dead = deliveries.filter(({ state }) => state === "dead");
      expect(await placesOf(lists["dead-letters"]({ limit: "7", ...query }))).toEqual(
        expectedOf(dead, query),
      );
    },
  );

  test.each<Query>([{}, { state: "delivered" }, { since: at(40), until: at(90) }])(
    "e-mails: %j",
    async (query) => {
      const direct = deliveries.filter(({ endpointId }) => endpointId === "ep_email");
      expect(await placesOf(lists.emails({ limit: "7", ...query }))).toEqual(expectedOf(direct, query));
    },
  );
});

test("a page may be short, or empty, with another one after it: what is rare is found all the same", async () => {
  const { id, path } = await createTenant();
  const rare = [3, 5].map((seq) => ({ seq, eventType: "rare", orderingKey: null, committedAt: FROM }));
  const common = Array.from({ length: 450 }, (_, n) => n + 10).map((seq) => ({
    seq,
    eventType: "common",
    orderingKey: null,
    committedAt: FROM,
  }));
  await insertPast(id, [...rare, ...common], []);
  const first = (await call("GET", `${path}/messages?eventType=rare&limit=2`)).body;
  expect(first).toMatchObject({ data: [], nextCursor: expect.any(String) });
  const entries = entriesOf((cursor) =>
    of.messages.$get({ param: { tenant: id }, query: { eventType: "rare", limit: "2", ...cursor } }),
  );
  expect(await placesOf(entries)).toEqual(["5", "3"]);
});

test("endpoints are listed by state and channel", async () => {
  const { id, path } = await createTenant();
  const ids = new Map<string, string>();
  for (const state of ["enabled", "paused", "disabled"]) {
    for (const target of [
      { channel: "webhook", url: "https://hooks.invalid/" },
      { channel: "email", address: "ops@example.com" },
    ]) {
      const { body } = await call("POST", `${path}/endpoints`, { body: target });
      if (state !== "enabled") await call("POST", `${path}/endpoints/${body.id}/${state.replace(/d$/, "")}`);
      ids.set(`${state} ${target.channel}`, body.id);
    }
  }
  const listed = async (query: Query) => {
    const found: string[] = [];
    const entries = entriesOf((cursor) =>
      of.endpoints.$get({ param: { tenant: id }, query: { limit: "1", ...query, ...cursor } }),
    );
    for await (const endpoint of entries) found.push(endpoint.id);
    return found.toSorted();
  };
  const expected = (...words: string[]) =>
    [...ids]
      .filter(([what]) => words.every((word) => what.split(" ").includes(word)))
      .map(([, id]) => id)
      .toSorted();
  expect(await listed({})).toEqual(expected());
  for (const state of ["enabled", "paused", "disabled"]) {
    expect(await listed({ state })).toEqual(expected(state));
    expect(await listed({ state, channel: "email" })).toEqual(expected(state, "email"));
  }
});

test("tenants are listed by state, each once, and deleted ones are not", async () => {
  const made = await Promise.all(Array.from({ length: 6 }, createTenant));
  const [paused, deleted] = made;
  await call("POST", `${paused?.path}/pause`);
  await call("DELETE", `${deleted?.path}`);
  const listed = async (query: Query) => {
    const found: string[] = [];
    for await (const { id } of entriesOf((cursor) =>
      client.v1.tenants.$get({ query: { limit: "2", ...query, ...cursor } }),
    )) {
      if (made.some((one) => one.id === id)) found.push(id);
    }
    return found.toSorted();
  };
  const ids = (rows: typeof made) => rows.map(({ id }) => id).toSorted();
  expect(await listed({})).toEqual(ids(made.filter((one) => one !== deleted)));
  expect(await listed({ state: "paused" })).toEqual(ids(made.slice(0, 1)));
  expect(await listed({ state: "active" })).toEqual(ids(made.slice(2)));
});

const PATHS = [
  "messages",
  "deliveries",
  "dead-letters",
  "blocked-keys",
  "failures",
  "failures/groups",
  "emails",
  "endpoints",
  "event-types",
  "tokens",
  "stats",
];

/** Have no pages. */
const COUNTS = ["stats", "failures/groups"];

describe("refused parameters of a list", () => {
  test.each(PATHS)("an unknown parameter of %s is refused by its name", async (list) => {
    const { status, body } = await call("GET", `/v1/tenants/${tenant}/${list}?colour=red`);
    expect([status, body.code]).toEqual([422, "invalid_input"]);
    expect(body.detail).toContain("colour");
  });

  test("nor of the list of tenants, nor of attempts", async () => {
    const { seq, endpointId } = deliveries[0] ?? {};
    const { data } = (
      await call("GET", `/v1/tenants/${tenant}/deliveries?endpointId=${endpointId}&limit=100`)
    ).body;
    const { messageId } = data.find((one: { sequence: number }) => one.sequence === seq);
    for (const path of [
      "/v1/tenants?colour=red",
      `/v1/tenants/${tenant}/messages/${messageId}/deliveries/${endpointId}/attempts?colour=red`,
    ]) {
      expect(await call("GET", path)).toMatchObject({
        status: 422,
        body: { detail: expect.stringContaining("colour") },
      });
    }
  });

  test.each([
    ["deliveries?state=lost", "state"],
    ["deliveries?state=dead&state=pending", "state"],
    ["deliveries?channel=pigeon", "channel"],
    ["messages?eventType=order.*", "eventType"],
    ["messages?orderingKey=", "orderingKey"],
    ["messages?since=yesterday", "since"],
    ["messages?until=2026-11-23", "until"],
    ["endpoints?state=deleted", "state"],
    ["endpoints?builtIn=yes", "builtIn"],
    ["endpoints?with=everything", "with"],
    ["event-types?archived=yes", "archived"],
    ["stats?since=1", "since"],
    ["stats?since=2026-11-24T00:00:00Z&until=2026-11-23T00:00:00Z", "since"],
    ["failures?httpStatus=5xx", "httpStatus"],
    ["failures?httpStatus=600", "httpStatus"],
    ["failures?error=", "error"],
    ["failures/groups?until=now", "until"],
    ["failures/groups?since=2026-11-24T00:00:00Z&until=2026-11-23T00:00:00Z", "since"],
    ["messages?unmatched=yes", "unmatched"],
    ["blocked-keys/deliveries?orderingKey=k", "endpointId"],
    ["blocked-keys/deliveries?endpointId=ep_a", "orderingKey"],
    ["blocked-keys/deliveries?endpointId=ep_a&orderingKey=k&cursor=e30", "cursor"],
    ["blocked-keys/deliveries?endpointId=ep_a&orderingKey=k&colour=red", ""],
    ["dead-letters/groups?channel=pigeon", "channel"],
    ["dead-letters/groups?httpStatus=5xx", "httpStatus"],
    ["dead-letters?httpStatus=99", "httpStatus"],
    ["deliveries?error=", "error"],
    ["deliveries?reason=", "reason"],
    ["messages?limit=0", "limit"],
    ["messages?limit=101", "limit"],
    ["messages?limit=1e1x", "limit"],
  ])("%s is refused by the parameter's name", async (query, path) => {
    const { status, body } = await call("GET", `/v1/tenants/${tenant}/${query}`);
    expect([status, body.errors?.map((one: { path: string }) => one.path)]).toEqual([422, [path]]);
  });

  test.each(["x", "e30", "bnVsbA", "eyJiZWZvcmUiOjB9", "eyJiZWZvcmUiOiIxIn0", "W10", "%00", "=", "ä"])(
    "a cursor as %s is refused by every list",
    async (cursor) => {
      for (const list of PATHS.filter((list) => !COUNTS.includes(list))) {
        const answer = await call(
          "GET",
          `/v1/tenants/${tenant}/${list}?cursor=${encodeURIComponent(cursor)}`,
        );
        expect(answer, list).toMatchObject({ status: 422, body: { errors: [{ path: "cursor" }] } });
      }
    },
  );

  test("a cursor of another kind of list is refused", async () => {
    const { nextCursor } = (await call("GET", `/v1/tenants/${tenant}/messages?limit=1`)).body;
    for (const list of PATHS.filter((list) => list !== "messages" && !COUNTS.includes(list))) {
      const answer = await call("GET", `/v1/tenants/${tenant}/${list}?cursor=${nextCursor}`);
      expect(answer, list).toMatchObject({ status: 422, body: { errors: [{ path: "cursor" }] } });
    }
  });

  test("a cursor of another tenant shows nothing of it", async () => {
    const { path } = await createTenant();
    for (const list of ["messages", "deliveries", "emails", "dead-letters"]) {
      const { nextCursor } = (await call("GET", `/v1/tenants/${tenant}/${list}?limit=1`)).body;
      expect(nextCursor, list).not.toBeNull();
      expect((await call("GET", `${path}/${list}?cursor=${nextCursor}`)).body).toEqual({
        data: [],
        nextCursor: null,
      });
    }
  });
});

describe("the statistics", () => {
  test("count what is there: messages by their numbers, deliveries by their states", async () => {
    const query = { since: at(-60) };
    const stats = await answerOf(of.stats.$get({ ...param(), query }));
    const count = (state: string) => deliveries.filter((row) => row.state === state).length;
    expect(stats.messages).toMatchObject({ total: COUNT, inSpan: COUNT });
    expect(stats.deliveries).toMatchObject({ complete: true, counted: deliveries.length });
    for (const [state, counted] of Object.entries(stats.deliveries.states))
      expect(counted, state).toBe(count(state));
    expect(stats.now.deadLetters).toEqual({ count: count("dead"), capped: false });
    expect(stats.now.unsettled.count).toBe(count("pending") + count("leased"));
  });

  test("are of the last 24 hours unless a span is given, and say of which", async () => {
    const { id, path } = await createTenant();
    await call("POST", `${path}/messages`, { body: { eventType: "a", payload: 1 } });
    const now = await answerOf(of.stats.$get({ param: { tenant: id }, query: {} }));
    expect(Date.parse(now.span.until) - Date.parse(now.span.since)).toBe(24 * 3600_000);
    expect(now.messages).toEqual({ total: 1, purged: 0, inSpan: 1 });
    const then = await answerOf(
      of.stats.$get({ param: { tenant: id }, query: { since: at(0), until: at(1) } }),
    );
    expect(then.span).toEqual({ since: at(0), until: at(1) });
    expect(then.messages).toEqual({ total: 1, purged: 0, inSpan: 0 });
  });
});

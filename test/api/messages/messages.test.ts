import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/platform/limits.ts";
import { countRows } from "../../support/database/rows.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { startJourney } from "../../support/worker/journey.ts";

let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ eventType: "order.placed", payload: { n } }));
const fields = (count: number) => Array.from({ length: count }, (_, n) => `"${n.toString(36)}":0`).join(",");
const commitAll = (messages: unknown, headers: Record<string, string> = {}) =>
  call("POST", `${tenant.path}/messages/batch`, { body: { messages }, headers });
const read = async (id: string) => (await call("GET", `${tenant.path}/messages/${id}`)).body;

describe("a batch", () => {
  test("of 100 messages is one commit, in its order", async () => {
    const { status, body } = await commitAll(many(100));
    expect([status, body.duplicate]).toEqual([202, false]);
    expect(body.messages.map(({ sequence }: { sequence: number }) => sequence)).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
    expect(new Set(body.messages.map(({ committedAt }: { committedAt: string }) => committedAt)).size).toBe(
      1,
    );
    for (const n of [0, 57, 99]) expect((await read(body.messages[n].id)).payload).toEqual({ n });
    const after = await commitAll(many(1));
    expect(after.body.messages[0].sequence).toBe(101);
  });

  test.each([
    ["none", [], "messages"],
    ["101", many(101), "messages"],
    ["no list", { 0: {} }, "messages"],
  ])("of %s is refused", async (_, messages, path) => {
    expect(await commitAll(messages)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    expect(await countRows("messages", tenant.id)).toBe(0);
  });

  test.each([
    [{ eventType: "a b", payload: 1 }, 422, "messages[3].eventType"],
    [{ eventType: "a" }, 422, "messages[3].payload"],
    [{ eventType: "a", payload: 1, colour: "red" }, 422, "messages[3]"],
    [{ eventType: "a", payload: 1, deliverAt: "2099-01-01T00:00:00Z" }, 422, "messages[3].deliverAt"],
    [{ eventType: "a", payload: "x".repeat(300_000) }, 413, "messages[3].payload"],
    [{ eventType: "endpoint.disabled", payload: 1 }, 422, "messages[3].eventType"],
    [7, 422, "messages[3]"],
  ])("with one bad message is refused whole, by its path: %#", async (bad, status, path) => {
    const answer = await commitAll([...many(3), bad, ...many(3)]);
    expect(answer).toMatchObject({ status, body: { errors: [{ path }] } });
    expect(await countRows("messages", tenant.id)).toBe(0);
  });

  test("with one message to an endpoint that is not there is refused whole", async () => {
    const answer = await commitAll([...many(3), { eventType: "a", payload: 1, endpointIds: ["ep_nobody"] }]);
    expect(answer).toMatchObject({ status: 404, body: { code: "endpoint_not_found" } });
    expect(await countRows("messages", tenant.id)).toBe(0);
  });

  test("repeated with its key answers as the first time; with other messages it is a conflict", async () => {
    const headers = { "idempotency-key": "import-1" };
    const first = await commitAll(many(5), headers);
    expect(await commitAll(many(5), headers)).toMatchObject({
      status: 202,
      body: { messages: first.body.messages, duplicate: true },
    });
    for (const others of [many(4), many(6), many(5).toReversed()]) {
      expect(await commitAll(others, headers)).toMatchObject({
        status: 409,
        body: { code: "idempotency_conflict" },
      });
    }
    expect(await countRows("messages", tenant.id)).toBe(5);
  });

  test("and a message share their keys: one message is the same commit either way", async () => {
    const headers = { "idempotency-key": "order-1" };
    const [message] = many(1);
    const first = await call("POST", `${tenant.path}/messages`, { body: message, headers });
    expect((await commitAll([message], headers)).body).toMatchObject({
      messages: [{ id: first.body.id }],
      duplicate: true,
    });
  });

  test("may be 4 MiB of JSON and no more; a single message 512 KiB", async () => {
    const payloadOf = (bytes: number) => ({ eventType: "a", payload: "x".repeat(bytes) });
    const large = Array.from({ length: 16 }, () => payloadOf(250_000));
    expect((await commitAll(large)).status).toBe(202);
    const tooLarge = { status: 413, body: { code: "body_too_large" } };
    expect(await commitAll([...large, payloadOf(250_000)])).toMatchObject(tooLarge);
    const body = { ...payloadOf(limits.bodyBytes), orderingKey: "k" };
    expect(await call("POST", `${tenant.path}/messages`, { body })).toMatchObject(tooLarge);
    expect(await countRows("messages", tenant.id)).toBe(16);
  });

  test.each([
    ["messages that are none", `{"messages":[${"0,".repeat(190_000)}0]}`],
    ["fields that nobody knows", `{"messages":[{${fields(99_000)}}]}`],
    ["endpoints that are none", `{"messages":[${`{"endpointIds":[${"0,".repeat(99)}0]},`.repeat(99)}0]}`],
    ["a field with a name that has no end", `{"messages":[{"${"x".repeat(1_000_000)}":0}]}`],
  ])("full of %s is refused by the first of what is wrong, in few words", async (_, text) => {
    const { status, body } = await call("POST", `${tenant.path}/messages/batch`, { text });
    expect(status).toBe(422);
    expect(body.errors.length).toBeLessThanOrEqual(limits.misfits);
    expect(JSON.stringify(body).length).toBeLessThan(
      2 * limits.misfits * (limits.pathLength + limits.wantLength),
    );
  });
});

describe("a trace", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const sentIn = (received: { headers: Record<string, string> }[]) =>
    received.map(({ headers }) => headers["traceparent"]);

  test("is kept with the message, and continued by each webhook request under an id of its own", async () => {
    const journey = await startJourney({ status: 500 }, { status: 500 }, { status: 200 });
    const { id } = await journey.commit({ eventType: "a", payload: 1 }, { traceparent });
    const [message] = await journey.until(["delivered"], id);
    expect(message.traceparent).toBe(traceparent);
    const sent = sentIn(await journey.hook.received());
    expect(sent).toHaveLength(3);
    for (const one of sent) expect(one).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(new Set([traceparent, ...sent]).size).toBe(4);
  });

  test("is that of every message of a batch, and of an e-mail", async () => {
    const { body } = await commitAll(many(3), { traceparent });
    for (const { id } of body.messages) expect((await read(id)).traceparent).toBe(traceparent);
    const mail = { to: "ada@example.com", subject: "Hi", text: "Hello" };
    const { body: sent } = await call("POST", `${tenant.path}/emails`, {
      body: mail,
      headers: { traceparent },
    });
    expect((await read(sent.id)).traceparent).toBe(traceparent);
  });

  test("of the first commit stays, when it is repeated in another", async () => {
    const key = { "idempotency-key": "k" };
    const { body } = await commitAll(many(1), { traceparent, ...key });
    const other = traceparent.replace("0af7", "1bf8");
    expect((await commitAll(many(1), { traceparent: other, ...key })).body.duplicate).toBe(true);
    expect((await read(body.messages[0].id)).traceparent).toBe(traceparent);
  });

  test.each([
    "nonsense",
    `ff-${traceId}-b7ad6b7169203331-01`,
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `${traceparent}-more`,
    traceparent.toUpperCase(),
  ])("of an invalid form is ignored, and not sent on: %s", async (invalid) => {
    const journey = await startJourney();
    const { id } = await journey.commit({ eventType: "a", payload: 1 }, { traceparent: invalid });
    const [message] = await journey.until(["delivered"], id);
    expect(message.traceparent).toBeNull();
    expect(sentIn(await journey.hook.received())).toEqual([undefined]);
  });
});

describe("a test message", () => {
  test("goes to its endpoint alone, whatever it subscribes to, signed as any other", async () => {
    const journey = await startJourney();
    const { url } = journey.hook;
    const narrow = await journey.subscribe({ channel: "webhook", url, eventTypes: ["order.placed"] });
    const path = `${journey.tenant.path}/endpoints/${narrow.id}/test`;
    const plain = await call("POST", path);
    expect(plain).toMatchObject({ status: 202, body: { eventType: "endpoint.test", deliveries: 1 } });
    const [message] = await journey.until(["delivered"], plain.body.id);
    expect(message).toMatchObject({
      payload: { endpointId: narrow.id },
      deliveries: [{ endpointId: narrow.id }],
    });
    const received = await journey.hook.received();
    for (const { body, headers } of received) new Webhook(narrow.secret).verify(body, headers);
    expect(received).toHaveLength(1);
  });

  test("is sent once for an idempotency key, and not to an endpoint that is not there", async () => {
    const { body: hook } = await call("POST", `${tenant.path}/endpoints`, {
      body: { channel: "webhook", url: "https://hooks.invalid/" },
    });
    const send = (id: string) =>
      call("POST", `${tenant.path}/endpoints/${id}/test`, { headers: { "idempotency-key": "k" } });
    const first = await send(hook.id);
    expect((await send(hook.id)).body).toEqual({ ...first.body, duplicate: true });
    expect(await countRows("messages", tenant.id)).toBe(1);
    const other = await createTenant();
    const elsewhere = await call("POST", `${other.path}/endpoints/${hook.id}/test`);
    expect(elsewhere).toMatchObject({ status: 404, body: { code: "endpoint_not_found" } });
  });

  test.each(["ep_email", "ep_handler_audit"])(
    "is refused for the built-in endpoint %s, which sends what a message says",
    async (id) => {
      const path = `${tenant.path}/endpoints/${id}/test`;
      expect(await call("POST", path)).toMatchObject({ status: 422, body: { code: "invalid_input" } });
      expect(await countRows("messages", tenant.id)).toBe(0);
    },
  );

  test("is nobody's to word: a body that says what to send commits nothing of it", async () => {
    const { body: hook } = await call("POST", `${tenant.path}/endpoints`, {
      body: { channel: "webhook", url: "https://hooks.invalid/" },
    });
    await call("POST", `${tenant.path}/endpoints/${hook.id}/test`, {
      body: { eventType: "order.paid", payload: { amount: 1_000_000 } },
    });
    const { body } = await call("GET", `${tenant.path}/messages`);
    expect(body.data.every((one: { eventType: string }) => one.eventType === "endpoint.test")).toBe(true);
  });
});

test("the list of e-mails has recipients and subject of each, newest first, and nothing else", async () => {
  await call("POST", `${tenant.path}/pause`);
  const send = (n: number) =>
    call("POST", `${tenant.path}/emails`, {
      body: {
        to: [`ada${n}@example.com`, "Bob <bob@example.com>"],
        together: true,
        subject: `No. ${n}`,
        text: "Hello",
      },
    });
  for (const n of [1, 2, 3]) await send(n);
  await commitAll(many(2));
  const { body } = await call("GET", `${tenant.path}/emails?limit=2`);
  expect(body.data).toMatchObject([
    {
      subject: "No. 3",
      to: ["ada3@example.com", "Bob <bob@example.com>"],
      endpointId: "ep_email",
      state: "pending",
    },
    { subject: "No. 2", channel: "email", eventType: "email", attempts: 0 },
  ]);
  const rest = await call("GET", `${tenant.path}/emails?limit=2&cursor=${body.nextCursor}`);
  expect(rest.body).toMatchObject({ data: [{ subject: "No. 1" }], nextCursor: null });
  expect((await call("GET", `${tenant.path}/emails?state=delivered`)).body.data).toEqual([]);
});

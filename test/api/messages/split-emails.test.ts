/** E-mails to several recipients, over HTTP. */
import { beforeEach, describe, expect, test } from "vitest";
import { event } from "../../../src/outbox/message.ts";
import { call, createTenant } from "../../support/worker/api.ts";

const TO = ["Ada <ada@example.com>", "bob@example.com"];
const MAIL = { to: TO, subject: "Hello", text: "Hello" };

let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const post = (to: "emails" | "messages" | "messages/batch", body: object, key?: string) =>
  call("POST", `${tenant.path}/${to}`, {
    body,
    headers: key === undefined ? {} : { "idempotency-key": key },
  });
const raw = (payload: object) => ({ eventType: "email", payload, endpointIds: ["ep_email"] });
const listed = async () => (await call("GET", `${tenant.path}/emails`)).body.data;
const committed = { eventType: "email", committedAt: expect.any(String), deliveries: 1 };

describe("the answer to an e-mail", () => {
  test("to one has the fields of a message, and no more", async () => {
    const { status, body } = await post("emails", { ...MAIL, to: "ada@example.com" });
    expect(status).toBe(202);
    expect(body).toEqual({ ...committed, id: expect.any(String), sequence: 1, duplicate: false });
    const { body: both } = await post("emails", { ...MAIL, together: true });
    expect(both).toEqual({ ...body, id: both.id, sequence: 2, committedAt: both.committedAt });
  });

  test("to several is that of the first, with all of them, by both ways and again by its key", async () => {
    for (const [way, body] of [
      ["emails", MAIL],
      ["messages", raw(MAIL)],
    ] as const) {
      const answer = await post(way, body, `key of ${way}`);
      const { id, sequence, emails } = answer.body;
      expect(answer).toMatchObject({ status: 202, body: { ...committed, duplicate: false } });
      expect(emails).toEqual([
        { id, sequence, to: TO[0] },
        { id: expect.stringMatching(/^msg_/), sequence: sequence + 1, to: TO[1] },
      ]);
      const again = await post(way, body, `key of ${way}`);
      expect(again.body).toEqual({ ...answer.body, duplicate: true });
      for (const one of emails) {
        const { body: read } = await call("GET", `${tenant.path}/messages/${one.id}`);
        expect(read).toMatchObject({ sequence: one.sequence, payload: { to: [one.to] } });
      }
    }
    expect((await listed()).map(({ to }: { to: string[] }) => to)).toEqual(
      [...TO, ...TO].toReversed().map((to) => [to]),
    );
  });

  test("in a batch is one entry, and those after it keep their places", async () => {
    const batch = { messages: [event("a", 1), raw(MAIL), event("b", 2)] };
    const { body } = await post("messages/batch", batch, "k");
    expect(body.messages.map(({ eventType }: { eventType: string }) => eventType)).toEqual([
      "a",
      "email",
      "b",
    ]);
    expect(body.messages[1].emails).toHaveLength(2);
    expect(body.messages[2].sequence).toBe(4);
    expect((await post("messages/batch", batch, "k")).body).toEqual({ ...body, duplicate: true });
  });
});

describe("an e-mail to several is refused", () => {
  test.each([
    ["emails", { ...MAIL, cc: "zoe@example.com" }, "to"],
    ["messages", raw({ ...MAIL, bcc: "zoe@example.com" }), "payload.to"],
    ["messages", { ...raw(MAIL), endpointIds: ["ep_email", "ep_other"] }, "payload.to"],
    ["messages/batch", { messages: [event("a", 1), raw({ ...MAIL, cc: TO })] }, "messages[1].payload.to"],
    ["emails", { ...MAIL, together: "yes" }, "together"],
    ["emails", { ...MAIL, topic: "news", together: true }, "to"],
  ] as const)("by POST …/%s %j, at the field, and nothing is written", async (way, body, path) => {
    expect(await post(way, body)).toMatchObject({
      status: 422,
      body: { code: "invalid_input", errors: [{ path }] },
    });
    expect((await call("GET", `${tenant.path}/messages`)).body.data).toEqual([]);
  });
});

test("each recipient has an unsubscribe link of their own", async () => {
  const { body } = await post("emails", { ...MAIL, topic: "newsletter" });
  const links = await Promise.all(
    body.emails.map(async ({ id }: { id: string }) => {
      const { body } = await call("GET", `${tenant.path}/messages/${id}`);
      return body.payload.unsubscribe;
    }),
  );
  expect(new Set(links).size).toBe(2);
  const response = await call("POST", new URL(links[1]).pathname, { token: null, text: "" });
  expect(response.status).toBe(200);
  const { body: found } = await call("GET", `${tenant.path}/unsubscribes`);
  expect(found.data).toMatchObject([{ address: "bob@example.com", topic: "newsletter" }]);
});

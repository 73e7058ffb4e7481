import { beforeEach, describe, expect, test } from "vitest";
import { call, createTenant } from "../../support/worker/api.ts";

let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const mail = { to: "ada@example.com", from: "us@example.com", subject: "Hello", text: "Hello" };
const send = (more: object, key?: string) =>
  call("POST", `${tenant.path}/emails`, {
    body: { ...mail, ...more },
    ...(key && { headers: { "idempotency-key": key } }),
  });
const read = async (id: string) => (await call("GET", `${tenant.path}/messages/${id}`)).body;

const FIELDS = {
  replyTo: ["help@example.com", "Shop <shop@example.com>"],
  headers: { "X-Team": "blue", "In-Reply-To": "<1@example.com>" },
  tags: { category: "receipt" },
};

describe("further fields of an e-mail", () => {
  test("are kept with it, and taken again as they were read", async () => {
    const { status, body } = await send({ ...FIELDS, orderingKey: "order-7" });
    expect(status).toBe(202);
    const { payload, orderingKey } = await read(body.id);
    expect(payload).toEqual({ ...mail, to: [mail.to], ...FIELDS });
    expect(orderingKey).toBe("order-7");
    expect((await call("POST", `${tenant.path}/emails`, { body: payload })).status).toBe(202);
    const message = { eventType: "email", payload, endpointIds: ["ep_email"] };
    expect((await call("POST", `${tenant.path}/messages`, { body: message })).status).toBe(202);
  });

  test("belong to what an idempotency key stands for", async () => {
    const first = await send(FIELDS, "k");
    expect((await send(FIELDS, "k")).body.id).toBe(first.body.id);
    for (const other of [
      { ...FIELDS, tags: { category: "other" } },
      { ...FIELDS, orderingKey: "order-7" },
    ])
      expect(await send(other, "k")).toMatchObject({ status: 409, body: { code: "idempotency_conflict" } });
  });

  test.each([
    [{ headers: { Bcc: "victim@example.com" } }, "headers.Bcc"],
    [{ headers: { "X-A": "a\r\nBcc: victim@example.com" } }, "headers.X-A"],
    [{ tags: { "outbox-tenant": "other" } }, "tags.outbox-tenant"],
    [{ replyTo: ["a@example.com", "b"] }, "replyTo[1]"],
    [{ orderingKey: "" }, "orderingKey"],
  ])("are refused where they are wrong, and nothing is left behind: %j", async (wrong, path) => {
    expect(await send(wrong, "k")).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    const payload = { ...mail, ...wrong };
    if (!("orderingKey" in wrong)) {
      const body = { eventType: "email", payload, endpointIds: ["ep_email"] };
      const answer = await call("POST", `${tenant.path}/messages`, { body });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: `payload.${path}` }] } });
    }
    expect((await call("GET", `${tenant.path}/messages`)).body.data).toEqual([]);
    expect((await send({}, "k")).status).toBe(202);
  });
});

import { beforeEach, describe, expect, test } from "vitest";
import { email, event } from "../../../src/outbox/message.ts";
import { call, createTenant } from "../../support/worker/api.ts";

let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const EMAIL = { to: "ada@example.com", subject: "Hello", text: "Hello" };
const to = (payload: unknown, eventType = "email", endpointIds = ["ep_email"]) => ({
  eventType,
  payload,
  endpointIds,
});
const listed = async () => (await call("GET", `${tenant.path}/messages`)).body.data;

describe("a message to the built-in endpoint is an e-mail", () => {
  test.each([
    ["nothing", null, "payload"],
    ["a text", "Hello", "payload"],
    ["an order", { orderId: "1001" }, "payload.to"],
    ["an e-mail to nobody", { ...EMAIL, to: [] }, "payload.to"],
    ["an e-mail that says nothing", { to: "ada@example.com", subject: "Hello" }, "payload.text"],
    ["an e-mail with a field too much", { ...EMAIL, color: "blue" }, "payload"],
  ])("and not %s", async (_, payload, path) => {
    for (const eventType of ["email", "order.placed"]) {
      const answer = await call("POST", `${tenant.path}/messages`, { body: to(payload, eventType) });
      expect(answer.status).toBe(422);
      expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    }
    const batch = { messages: [event("a", 1), to(payload)] };
    const answer = await call("POST", `${tenant.path}/messages/batch`, { body: batch });
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].path).toMatch(/^messages\[1\]\.payload/);
    expect(await listed()).toEqual([]);
  });

  test("as it is written by hand, beside other endpoints, or by email()", async () => {
    const { body } = await call("POST", `${tenant.path}/endpoints`, {
      body: { channel: "webhook", url: "https://hooks.invalid/" },
    });
    for (const message of [to(EMAIL), to(EMAIL, "order.placed", ["ep_email", body.id]), email(EMAIL)]) {
      expect((await call("POST", `${tenant.path}/messages`, { body: message })).status).toBe(202);
    }
    expect(await listed()).toHaveLength(3);
  });
});

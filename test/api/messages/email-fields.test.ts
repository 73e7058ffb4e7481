import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../support/runner/eventually.ts";
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
  expiresAt: "2026-12-24T18:00:00.000Z",
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
    [{ expiresAt: "tomorrow" }, "expiresAt"],
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

  test("an expiry is an instant after the one before which it is not sent", async () => {
    const at = { deliverAt: "2027-01-01T00:00:00Z", expiresAt: "2027-01-01T01:00:00+01:00" };
    const message = "must be after deliverAt, before which it is not sent";
    expect(await send(at)).toMatchObject({ status: 422, body: { errors: [{ path: "expiresAt", message }] } });
    const later = { ...at, expiresAt: "2027-01-01T01:00:01+01:00" };
    const { body } = await send(later);
    expect((await read(body.id)).payload.expiresAt).toBe("2027-01-01T00:00:01.000Z");
  });

  test("one that has expired is cancelled, and is told so", async () => {
    const { body } = await send({ expiresAt: "2026-01-01T00:00:00Z" });
    await eventually(async () => {
      const [delivery] = (await read(body.id)).deliveries;
      expect(delivery).toMatchObject({ state: "cancelled", reason: "expired", attempts: [] });
      expect(delivery.recipients).toMatchObject([{ status: "cancelled" }]);
    });
  });
});

describe("files of an e-mail", () => {
  const pdf = { filename: "invoice.pdf", type: "application/pdf" };
  const put = async (key: string) => {
    await env.EMAIL_ATTACHMENTS.put(key, "the invoice");
    return key;
  };

  test("are kept as committed, with the digest of what R2 has, and go out by the binding", async () => {
    const r2 = await put(`${tenant.id}/1001.pdf`);
    const inside = { ...pdf, type: "image/png", content: "AAEC", contentId: "logo" };
    const { status, body } = await send({
      html: '<img src="cid:logo">',
      attachments: [inside, { ...pdf, r2 }],
    });
    expect(status).toBe(202);
    const sha256 = "6b1bb0d80ce81e708c1cabfe3e7a22489111bf08efa377ffc27311504f1bf3b8";
    const { payload } = await read(body.id);
    expect(payload.attachments).toEqual([inside, { ...pdf, r2, sha256 }]);
    expect((await call("POST", `${tenant.path}/emails`, { body: payload })).status).toBe(202);
    await eventually(async () => {
      expect((await read(body.id)).deliveries).toMatchObject([{ state: "delivered" }]);
    });
  });

  test("by a tenant's token are its own alone, whose keys begin with its id", async () => {
    const body = { scopes: ["messages:write"] };
    const { token } = (await call("POST", `${tenant.path}/tokens`, { body })).body;
    const by = (who: string, r2: string) =>
      call("POST", `${tenant.path}/emails`, {
        body: { to: "ada@example.com", subject: "Hello", text: "Hello", attachments: [{ ...pdf, r2 }] },
        token: who,
      });
    const [own, others] = [await put(`${tenant.id}/a.pdf`), await put(`${tenant.id}-2/a.pdf`)];
    expect((await by(token, own)).status).toBe(202);
    for (const key of [others, "none"])
      expect(await by(token, key)).toMatchObject({
        status: 422,
        body: { errors: [{ path: "attachments[0].r2", message: expect.stringContaining(`${tenant.id}/`) }] },
      });
    expect((await by(env.OPERATOR_TOKEN, others)).status).toBe(202);
  });

  test.each([
    [{ filename: "a/b" }, "attachments[0].filename"],
    [{ content: "%" }, "attachments[0].content"],
    [{ content: null, r2: "none" }, "attachments[0].r2"],
    [{ url: "https://example.com" }, "attachments[0]"],
  ])("are refused where they are wrong, and nothing is left behind: %j", async (wrong, path) => {
    const attachments = [{ ...pdf, content: "AAEC", ...wrong }];
    expect(await send({ attachments }, "k")).toMatchObject({ status: 422, body: { errors: [{ path }] } });
    expect((await call("GET", `${tenant.path}/messages`)).body.data).toEqual([]);
    expect((await send({}, "k")).status).toBe(202);
  });

  test("that are too large for the e-mail belong in R2", async () => {
    const attachments = [{ ...pdf, content: "AAAA".repeat(70_000) }];
    expect(await send({ attachments })).toMatchObject({
      status: 413,
      body: {
        code: "payload_too_large",
        errors: [{ message: expect.stringContaining("keep its files in R2") }],
      },
    });
  });
});

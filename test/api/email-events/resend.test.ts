import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { resendEvent } from "../../support/outside/email-events.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { startJourney } from "../../support/worker/journey.ts";

const PATH = "/v1/email-events/resend";

const receive = ({ headers, body }: { headers: Record<string, string>; body: string }) =>
  call("POST", PATH, { token: null, headers, text: body });

async function sentEmail() {
  const journey = await startJourney();
  const { id } = await journey.sendEmail({
    to: "Ada <Ada@example.com>",
    subject: "Order",
    text: "We have it.",
  });
  await journey.until(["delivered"], id);
  const recipients = async () => (await journey.read(id)).deliveries[0].recipients;
  return { journey, tenant: journey.tenant.id, message: id as string, recipients };
}

test("a bounce that Resend tells is on the trace when its webhook is answered", async () => {
  const { journey, tenant, message, recipients } = await sentEmail();
  expect(await recipients()).toEqual([
    { address: "ada@example.com", status: "accepted", bounce: null, events: [] },
  ]);
  const at = new Date();
  const answer = await receive(resendEvent({ message, tenant, at }));
  expect(answer).toMatchObject({ status: 200, body: { recorded: 1, repeated: 0, unmatched: 0, foreign: 0 } });
  expect(await recipients()).toEqual([
    {
      address: "ada@example.com",
      status: "bounced",
      bounce: "hard",
      events: [
        {
          status: "bounced",
          bounce: "hard",
          provider: "resend",
          providerMessageId: "56761188-7520-42d8-8898-ff6fc54ce618",
          detail: "smtp; 550 5.5.0 Requested action not taken: mailbox unavailable",
          at: at.toISOString(),
          receivedAt: expect.any(String),
        },
      ],
    },
  ]);
  await journey.checkInvariants();
});

test("an event that comes again is answered as the first time, and changes nothing", async () => {
  const { tenant, message, recipients } = await sentEmail();
  const webhook = resendEvent({ message, tenant });
  await receive(webhook);
  const before = await recipients();
  expect(await receive(webhook)).toMatchObject({ status: 200, body: { recorded: 0, repeated: 1 } });
  // Resend signs each repetition anew, under the id of the event.
  const signedAt = new Date(Date.now() - 60_000);
  const again = resendEvent({ message, tenant, id: webhook.headers["svix-id"] as string, signedAt });
  expect(await receive(again)).toMatchObject({ status: 200, body: { recorded: 0, repeated: 1 } });
  expect(await recipients()).toEqual(before);
});

test("nothing unverified is believed", async () => {
  const { tenant, message, recipients } = await sentEmail();
  const { headers, body } = resendEvent({ message, tenant });
  const old = resendEvent({ message, tenant, signedAt: new Date(Date.now() - 301_000) });
  const attempts = [
    { headers: { "content-type": "application/json" }, body },
    { headers, body: body.replace("Permanent", "permanent") },
    { headers: { ...headers, "svix-id": "msg_other" }, body },
    { headers: { ...headers, "svix-signature": `v1,${btoa("x".repeat(32))}` }, body },
    { headers: { ...headers, authorization: `Bearer ${env.OPERATOR_TOKEN}`, "svix-signature": "" }, body },
    old,
  ];
  for (const attempt of attempts) {
    expect(await receive(attempt)).toMatchObject({ status: 401, body: { code: "unauthorized" } });
  }
  expect(await recipients()).toMatchObject([{ status: "accepted", events: [] }]);
});

test("an event about another tenant's message changes nothing there", async () => {
  const [one, other] = [await sentEmail(), await sentEmail()];
  const hostile = resendEvent({ message: other.message, tenant: one.tenant });
  expect(await receive(hostile)).toMatchObject({ status: 200, body: { recorded: 0, foreign: 1 } });
  for (const { recipients } of [one, other]) expect(await recipients()).toMatchObject([{ events: [] }]);
});

test("the address takes events of known providers that are set up, of a bounded size, by POST", async () => {
  const send = (provider: string, text: string, headers = {}) =>
    call("POST", `/v1/email-events/${provider}`, { token: null, text, headers });
  expect(await send("nobody", "{}")).toMatchObject({
    status: 422,
    body: { code: "invalid_input", errors: [{ path: "provider" }] },
  });
  expect(await send("mailgun", "{}")).toMatchObject({
    status: 404,
    body: { code: "route_not_found", detail: expect.stringContaining("Set MAILGUN_WEBHOOK_KEY") },
  });
  expect(await send("resend", "x".repeat(1024 * 1024 + 1))).toMatchObject({
    status: 413,
    body: { code: "body_too_large" },
  });
  const get = await call("GET", "/v1/email-events/resend", { token: null });
  expect(get.status).toBe(401);
});

test("a bounce suppresses the address, of which a person reads and which a person lifts", async () => {
  const { journey, tenant, message } = await sentEmail();
  await receive(resendEvent({ message, tenant }));
  const path = `${journey.tenant.path}/suppressions`;
  const { body } = await call("GET", `${path}?address=ADA@example.com`);
  expect(body.data).toMatchObject([{ address: "ada@example.com", reason: "hard_bounce", note: null }]);
  const { id } = await journey.sendEmail({ to: "ada@example.com", subject: "Again", text: "Hello" });
  const [dead] = await journey.until(["dead"], id);
  expect(dead.deliveries[0]).toMatchObject({
    reason: "suppressed",
    attempts: [{ error: "suppressed" }],
    recipients: [{ status: "suppressed" }],
  });
  expect((await call("DELETE", `${path}?address=ada@example.com`)).status).toBe(204);
  expect((await call("GET", path)).body.data).toEqual([]);
  await call("POST", `${journey.tenant.path}/messages/${id}/deliveries/ep_email/replay`);
  await journey.until(["delivered"], id);
  const audit = (await call("GET", `${journey.tenant.path}/audit`)).body.data;
  expect(audit).toContainEqual(
    expect.objectContaining({
      operation: "liftSuppression",
      subject: { recipient: "ada@example.com" },
      affected: 1,
    }),
  );
  await journey.checkInvariants();
});

test("a person suppresses an address for a while, and is told what is wrong", async () => {
  const { path } = await createTenant();
  const put = (body: object) => call("PUT", `${path}/suppressions`, { body });
  const until = new Date(Date.now() + 3600_000).toISOString();
  expect(await put({ address: "Ada <ADA@example.com>", until, note: "on holiday" })).toMatchObject({
    status: 200,
    body: { address: "ada@example.com", reason: "by_request", until, note: "on holiday" },
  });
  await put({ address: "bob@example.com" });
  const first = await call("GET", `${path}/suppressions?limit=1`);
  expect(first.body.data).toMatchObject([{ address: "ada@example.com" }]);
  const second = await call("GET", `${path}/suppressions?limit=1&cursor=${first.body.nextCursor}`);
  expect(second.body).toMatchObject({
    data: [{ address: "bob@example.com", until: null }],
    nextCursor: null,
  });
  expect((await call("GET", `${path}/suppressions?reason=complaint`)).body.data).toEqual([]);
  for (const [body, field] of [
    [{ address: "ada@example.com, eve@example.com" }, "address"],
    [{}, "address"],
    [{ address: "eve@example.com", until: "2020-01-01T00:00:00Z" }, "until"],
    [{ address: "eve@example.com", forever: true }, ""],
  ] as const) {
    expect(await put(body)).toMatchObject({ status: 422, body: { errors: [{ path: field }] } });
  }
  const missing = await call("DELETE", `${path}/suppressions`);
  expect(missing).toMatchObject({ status: 422, body: { errors: [{ path: "address" }] } });
  expect((await call("GET", `${path}/suppressions`)).body.data).toHaveLength(2);
});

test("e-mails are found by their recipient and by what became of them", async () => {
  const { journey, tenant, message } = await sentEmail();
  const { id: other } = await journey.sendEmail({
    to: ["Bob <bob@example.com>", "eve@example.com"],
    together: true,
    subject: "Other",
    text: `Hello ${"x".repeat(2000)}`,
  });
  await journey.until(["delivered"], other);
  await receive(resendEvent({ message, tenant }));
  await receive(resendEvent({ message: other, tenant, type: "email.delivered", to: ["eve@example.com"] }));
  const found = async (query: string) => {
    const { body } = await call("GET", `${journey.tenant.path}/emails?${query}`);
    return body.data.map(({ messageId }: { messageId: string }) => messageId);
  };
  expect(await found("to=ADA@example.com")).toEqual([message]);
  expect(await found("to=Bob <bob@example.com>")).toEqual([other]);
  expect(await found("to=ob@example.com")).toEqual([]);
  expect(await found("status=bounced")).toEqual([message]);
  expect(await found("status=delivered")).toEqual([other]);
  expect(await found("status=delivered&to=eve@example.com")).toEqual([other]);
  expect(await found("status=delivered&to=bob@example.com")).toEqual([]);
  expect(await found("status=accepted&to=bob@example.com")).toEqual([other]);
  expect(await found("status=bounced&state=delivered")).toEqual([message]);
  expect(await found("status=queued&state=pending")).toEqual([]);
  const refused = await call("GET", `${journey.tenant.path}/emails?to=nobody&status=lost`);
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: "to" }, { path: "status" }] } });
});

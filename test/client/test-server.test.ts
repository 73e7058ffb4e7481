import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { testServer } from "../../src/testing/node.ts";
import { createHook } from "../support/outside/receiver.ts";
import { PATIENCE_MS } from "../support/runner/patience.ts";
import { call, createTenant } from "../support/worker/api.ts";

const server = testServer("http://outbox.test", {
  token: env.OPERATOR_TOKEN,
  fetch: (...request) => exports.default.fetch(...request),
});

test("a server under test tells what was committed, and every attempt once all of it is settled", async () => {
  const { id, path } = await createTenant();
  const hook = await createHook({ status: 503 }, {});
  await call("POST", `${path}/endpoints`, { body: { channel: "webhook", url: hook.url } });
  await call("POST", `${path}/messages`, { body: { eventType: "order.placed", payload: { id: "1001" } } });
  const { sent, failed } = await server.settled(id);
  expect(failed).toMatchObject([{ eventType: "order.placed", number: 1, httpStatus: 503 }]);
  expect(sent).toMatchObject([{ payload: { id: "1001" }, number: 2, httpStatus: 200 }]);
  expect(await server.committed(id)).toMatchObject([{ eventType: "order.placed", payload: { id: "1001" } }]);
});

test("waiting for a server under test ends, and names the deliveries that wait", async () => {
  const { id, path } = await createTenant();
  await call("POST", `${path}/endpoints`, { body: { channel: "webhook", url: (await createHook()).url } });
  const deliverAt = new Date(Date.now() + 3600_000).toISOString();
  await call("POST", `${path}/messages`, { body: { eventType: "order.late", payload: 1, deliverAt } });
  const waiting = server.settled(id, { timeoutMs: 0 });
  await expect(waiting).rejects.toThrow(/still wait: order\.late \(msg_\w+\) to ep_\w+, due at /);
});

test("the mailbox of a server under test has what was not sent, as soon as it is there", async () => {
  const { path } = await createTenant();
  const to = `${crypto.randomUUID()}@shop.example`;
  const waiting = server.mailbox.latest({ to }, { timeoutMs: PATIENCE_MS });
  const body = { to, subject: "Your order", text: "See https://shop.example/1." };
  await call("POST", `${path}/emails`, { body });
  expect(await waiting).toMatchObject({
    ...{ to: [to], subject: "Your order", links: ["https://shop.example/1"] },
    reason: `Not sent: EMAIL_DEV_ALLOW does not allow ${to}.`,
  });
  expect(await server.mailbox.all({ to })).toHaveLength(1);
  const nobody = server.mailbox.latest({ to: "nobody@shop.example" }, { timeoutMs: 0 });
  await expect(nobody).rejects.toThrow(/^No e-mail to nobody@shop\.example is in the mailbox\. It has /);
});

test("a mailbox that cannot be read is an error that names what it needs", async () => {
  const fetch = async () => new Response(null, { status: 404 });
  const { mailbox } = testServer("http://outbox.test/outbox/", { token: "any", fetch });
  await expect(mailbox.all()).rejects.toThrow(
    /^http:\/\/outbox\.test\/outbox\/ui\/dev\/mailbox answered 404\. The Worker needs ENVIRONMENT=development/,
  );
});

test("a tenant that is not there has committed nothing; a token that is none is an error", async () => {
  expect(await server.committed("nobody")).toEqual([]);
  const stranger = testServer("http://outbox.test", {
    token: "a-token-of-nobody",
    fetch: (...request) => exports.default.fetch(...request),
  });
  await expect(stranger.committed("nobody")).rejects.toMatchObject({ code: "unauthorized" });
});

import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { testServer } from "../../src/testing/node.ts";
import { createHook } from "../support/outside/receiver.ts";
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

test("a tenant that is not there has committed nothing; a token that is none is an error", async () => {
  expect(await server.committed("nobody")).toEqual([]);
  const stranger = testServer("http://outbox.test", {
    token: "a-token-of-nobody",
    fetch: (...request) => exports.default.fetch(...request),
  });
  await expect(stranger.committed("nobody")).rejects.toMatchObject({ code: "unauthorized" });
});

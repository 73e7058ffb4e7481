import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Listening, listen, Receiver } from "../../src/testing/node.ts";

const secret = `whsec_${Buffer.alloc(32, "a secret").toString("base64")}`;
let receiver: Receiver;
let listening: Listening;

beforeEach(async () => {
  receiver = new Receiver({ secret });
  listening = await listen(receiver);
});

afterEach(() => listening.close());

/** Sends a webhook as an outbox would. */
function send({ by = secret, signal }: { by?: string; signal?: AbortSignal } = {}): Promise<Response> {
  const [at, body] = [new Date(), JSON.stringify({ type: "order.placed", data: { id: "1001" } })];
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(by).sign("msg_1", at, body),
  };
  return fetch(listening.url, { method: "POST", headers, body, ...(signal && { signal }) });
}

test("a receiver that listens verifies over HTTP, and answers as it is told", async () => {
  receiver.answerNext(410, Response.json({ wait: true }, { status: 503, headers: { "retry-after": "9" } }));
  expect((await send()).status).toBe(410);
  const busy = await send();
  expect([busy.status, busy.headers.get("retry-after"), await busy.json()]).toEqual([
    503,
    "9",
    { wait: true },
  ]);
  expect((await send()).status).toBe(200);
  expect(receiver.received).toHaveLength(3);
  expect(receiver.received[0]).toMatchObject({ id: "msg_1", body: { data: { id: "1001" } } });
});

test("a webhook signed by somebody else is refused, and told apart", async () => {
  const by = `whsec_${Buffer.alloc(32, "another").toString("base64")}`;
  expect((await send({ by })).status).toBe(401);
  expect(receiver.received).toEqual([]);
  expect(receiver.refused).toMatchObject([{ reason: "No matching signature found" }]);
});

test("a receiver that is to drop the connection does, and one that is to hang says nothing", async () => {
  receiver.answerNext("drop", "hang");
  await expect(send()).rejects.toThrow("fetch failed");
  const given = new AbortController();
  const hanging = send({ signal: given.signal });
  await expect.poll(() => receiver.received.length).toBe(2);
  given.abort(new Error("The caller gave up"));
  await expect(hanging).rejects.toThrow("The caller gave up");
});

test("a port that is taken is an error", async () => {
  const port = Number(new URL(listening.url).port);
  await expect(listen(receiver, { port })).rejects.toThrow("EADDRINUSE");
});

import { expect, test } from "vitest";
import { judge } from "../../../src/delivery/judge.ts";
import { systemRandom } from "../../../src/platform/clock.ts";
import { dispatchWith } from "../../support/outside/dispatch.ts";
import { createHook } from "../../support/outside/receiver.ts";
import { never } from "../../support/outside/signals.ts";
import { webhooksWith } from "../../support/outside/webhooks.ts";
import { call, createTenant } from "../../support/worker/api.ts";

test("a webhook that an outbox's own API refuses is dead at once, and says why: no retry changes who answers", async () => {
  const { path } = await createTenant();
  const refusal = await call("POST", `${path}/messages`, { body: {}, headers: { "webhook-id": "msg_1" } });
  const hook = await createHook({ status: refusal.status, body: JSON.stringify(refusal.body) });
  const dispatch = dispatchWith({
    endpoint: {
      id: "ep_1",
      target: hook.url,
      payloadFormat: "standard",
      headers: null,
      secretHeaders: null,
      secrets: [`whsec_${btoa("a secret of 24 bytes ....")}`],
    },
    payload: "{}",
  });
  const reply = await webhooksWith({}).deliver(dispatch, never());
  expect(reply).toMatchObject({
    kind: "permanent",
    error: "loop_detected",
    httpStatus: 508,
    excerpt: expect.stringContaining("Give the endpoint the URL of a receiver"),
  });
  const judgement = judge({ reply, attempt: 1, schedule: [1, 2], giveUpOn: [], now: 0 }, systemRandom);
  expect(judgement).toEqual({ outcome: "dead", reason: "given_up" });
});

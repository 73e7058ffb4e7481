import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { OutboxEnv } from "../../../src/index.ts";
import worker from "../../../src/worker.ts";
import { startJourney } from "../../support/worker/journey.ts";

/** The queue that subscribes to the events of a sending domain hands these over. Answers how each was acknowledged. */
async function handOver(...bodies: unknown[]): Promise<string[]> {
  const answers: string[] = [];
  const messages = bodies.map((body) => ({
    body,
    attempts: 1,
    ack: () => answers.push("ack"),
    retry: () => answers.push("retry"),
  }));
  const batch = { queue: "edge-outbox-email-events", messages } as unknown as MessageBatch;
  await worker.queue(batch, env as OutboxEnv);
  return answers;
}

const eventOf = (messageId: string, kind: string, eventId: string = crypto.randomUUID()) => ({
  type: `cf.email.sending.message.${kind}`,
  source: { type: "email.sending", zoneId: "0".repeat(32), domain: "example.com" },
  payload: { eventId, messageId, sender: "outbox@example.com", recipient: "ada@example.com", terminal: true },
  metadata: { accountId: "0".repeat(32), eventSchemaVersion: 1, eventTimestamp: new Date().toISOString() },
});

test("what becomes of an e-mail of the binding comes from its queue, and is found by the binding's id", async () => {
  const journey = await startJourney();
  const { id } = await journey.sendEmail({ to: "ada@example.com", subject: "Hello", text: "Hello" });
  const [sent] = await journey.until(["delivered"], id);
  const messageId = sent.deliveries[0].attempts[0].responseExcerpt;
  const complaint = eventOf(messageId, "complained");
  const unrelated = { type: "cf.r2.bucket.created", payload: {} };
  expect(await handOver(complaint, eventOf(messageId, "delivered"), complaint, unrelated, null)).toEqual(
    Array.from({ length: 5 }, () => "ack"),
  );
  const { deliveries } = await journey.read(id);
  expect(deliveries[0].recipients).toMatchObject([
    { address: "ada@example.com", status: "complained", events: [{}, {}] },
  ]);
  await journey.checkInvariants();
});

test("an event that came before its e-mail was on record is found by the cron", async () => {
  const journey = await startJourney();
  const { id } = await journey.sendEmail({ to: "ada@example.com", subject: "Hello", text: "Hello" });
  await journey.until(["delivered"], id);
  const messageId = crypto.randomUUID();
  await handOver(eventOf(messageId, "bounced"));
  const status = async () => (await journey.read(id)).deliveries[0].recipients[0].status;
  expect(await status()).toBe("accepted");
  // The record of its acceptance, which the event has overtaken.
  await env.DB.prepare("UPDATE outbox_deliveries SET provider_ref = ? WHERE tenant_id = ?")
    .bind(`cloudflare ${messageId}`, journey.tenant.id)
    .run();
  await worker.scheduled({} as ScheduledController, env as OutboxEnv);
  expect(await status()).toBe("bounced");
});

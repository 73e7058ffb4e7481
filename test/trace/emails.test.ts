import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { DIRECT_EMAIL_ENDPOINT } from "../../src/domain/ids.ts";
import { email, event } from "../../src/outbox/message.ts";
import { listEmails } from "../../src/trace/emails.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const list = async () => (await listEmails(env.DB, tenant, { limit: 50 })).entries;
const anEmail = email({ to: "ada@example.com", subject: "Hello", text: "Hello" });
/** As an older version has let it pass. */
const changePayload = (seq: number, payload: unknown) =>
  env.DB.prepare("UPDATE outbox_messages SET payload = ? WHERE tenant_id = ? AND seq = ?")
    .bind(JSON.stringify(payload), tenant, seq)
    .run();

describe("the e-mails", () => {
  test("are those sent directly, with their recipients and subject, and without their text", async () => {
    await world.createEndpoint(tenant, { channel: "email", address: "ops@example.com" });
    const content = {
      to: ["ada@example.com", "Bob <bob@example.com>"],
      together: true,
      subject: "Your order",
      text: "We have it.",
    };
    await world.commit(tenant, { messages: [email(content), event("order.placed", 1)] });
    await world.runUntilIdle(tenant);
    const [sent, ...others] = await list();
    expect(others).toEqual([]);
    expect(sent).toMatchObject({
      sequence: 1,
      eventType: "email",
      endpointId: DIRECT_EMAIL_ENDPOINT,
      channel: "email",
      state: "delivered",
      attempts: 1,
      httpStatus: 200,
      to: content.to,
      subject: content.subject,
    });
    expect(JSON.stringify(sent)).not.toContain(content.text);
  });

  test("are listed also when their payload is none, however deep it is nested", async () => {
    const deep = Array.from({ length: 2_000 }).reduce((inner) => [inner], 1);
    const payloads = [
      1,
      "text",
      null,
      [],
      {},
      { to: 1, subject: 2 },
      { to: ["a", 1], subject: ["b"] },
      { to: "c" },
      deep,
    ];
    await world.commit(tenant, { messages: payloads.map(() => anEmail) });
    for (const [position, payload] of payloads.entries()) await changePayload(position + 1, payload);
    const told = (await list()).toReversed().map(({ to, subject }) => ({ to, subject }));
    const nothing = { to: [], subject: null };
    expect(told).toEqual([
      ...Array(6).fill(nothing),
      { to: ["a"], subject: null },
      { to: ["c"], subject: null },
      nothing,
    ]);
  });
});

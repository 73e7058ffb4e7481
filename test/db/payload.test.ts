import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noise, order } from "../../bench/storage/payloads.ts";
import { readPayload, storePayload } from "../../src/db/payload.ts";
import { email, event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { listEmails } from "../../src/trace/emails.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  await world.createEndpoint(tenant);
});

afterEach(() => checkInvariants(env.DB, tenant));

async function stored() {
  const { results } = await env.DB.prepare(
    "SELECT typeof(payload) AS type, octet_length(payload) AS bytes, payload_bytes AS whole FROM outbox_messages WHERE tenant_id = ?",
  )
    .bind(tenant)
    .all<{ type: string; bytes: number; whole: number }>();
  return results;
}

const BIG = order(1, 5000);

describe("a payload", () => {
  test("is read back byte for byte, whatever is in it", () => {
    const text = fc.array(fc.string({ unit: "binary", maxLength: 20 }), { maxLength: 200 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          text.map((parts) => JSON.stringify(parts)),
        ),
        (json) => {
          const { text, gzipped, bytes } = storePayload(json);
          expect(bytes).toBe(new TextEncoder().encode(json).length);
          expect(readPayload(gzipped ? `x${text.toUpperCase()}` : text)).toBe(json);
        },
      ),
      { seed: 12, numRuns: 300 },
    );
  });

  test("is kept as text when it is small, or does not get smaller; else gzipped", async () => {
    const small = "x".repeat(limits.gzipFromBytes - 3);
    const large = "x".repeat(limits.gzipFromBytes - 2);
    const random = Array.from(crypto.getRandomValues(new Uint8Array(2000)), (byte) =>
      String.fromCharCode(0x4e00 + byte),
    ).join("");
    await world.commit(tenant, {
      messages: [small, large, BIG, random].map((payload) => event("a", payload)),
    });
    const rows = await stored();
    expect(rows.map(({ type }) => type)).toEqual(["text", "blob", "blob", "blob"]);
    expect(rows.every(({ bytes, whole }) => bytes <= whole)).toBe(true);
    expect(storePayload(JSON.stringify(noise(1, 900))).bytes).toBe(900);
  });

  test("stored gzipped is sent, replayed and shown as it was committed", async () => {
    const [message] = (await world.commit(tenant, { messages: [event("a", BIG)] })).messages;
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => payload)).toEqual([JSON.stringify(BIG)]);
    expect((await readMessage(env.DB, tenant, message?.id ?? "")).payload).toBe(JSON.stringify(BIG));
  });

  test("of an e-mail that is gzipped still shows its recipients and subject in the list", async () => {
    const content = {
      to: ["ada@example.com", "bob@example.com"],
      together: true,
      subject: "Your order",
      text: "We have it. ".repeat(200),
    };
    await world.commit(tenant, { messages: [email(content), email({ ...content, text: "short" })] });
    expect((await stored()).map(({ type }) => type)).toEqual(["blob", "text"]);
    const { entries: emails } = await listEmails(env.DB, tenant, { limit: 10 });
    expect(emails.map(({ to, subject }) => ({ to, subject }))).toEqual(
      Array(2).fill({ to: content.to, subject: content.subject }),
    );
    await world.runUntilIdle(tenant);
    expect(JSON.parse(world.sent[0]?.payload ?? "")).toMatchObject(content);
  });
});

describe("the kept part of an answer", () => {
  test("is 200 characters if it accepts, 1,024 if it does not; a list shows 200", async () => {
    world.retrySchedule = [];
    world.answer = ({ payload }) =>
      payload === "1"
        ? { kind: "accepted", httpStatus: 200, excerpt: "y".repeat(1024) }
        : {
            kind: "permanent",
            error: "http_status",
            httpStatus: 400,
            excerpt: "n".repeat(1024),
            retryAfterMs: null,
          };
    const { messages } = await world.commit(tenant, { messages: [event("a", 1), event("a", 2)] });
    await world.runUntilIdle(tenant);
    const excerpts = await Promise.all(
      messages.map(
        async ({ id }) => (await readMessage(env.DB, tenant, id)).deliveries[0]?.attempts[0]?.responseExcerpt,
      ),
    );
    expect(excerpts).toEqual(["y".repeat(200), "n".repeat(1024)]);
    const { results } = await env.DB.prepare(
      "SELECT length(excerpt) AS length FROM outbox_deliveries WHERE tenant_id = ?",
    )
      .bind(tenant)
      .all<{ length: number }>();
    expect(results.map(({ length }) => length)).toEqual([200, 200]);
  });
});

/** E-mails whose content is sealed at rest, and wiped when they are settled: through the real rooms, with all of D1 looked through. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Dispatch, temporary } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { Envelope } from "../../src/channels/email/provider.ts";
import { email } from "../../src/outbox/message.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { search } from "../../src/trace/search/search.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { everything } from "../support/database/everything.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { BatchProvider } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { never } from "../support/outside/signals.ts";
import { vaultWith } from "../support/secrets/vaults.ts";
import { ACCEPTED, World } from "../support/world.ts";

const SECRET = "code-493817-qzx";
const base64 = btoa(SECRET);

let world: World;
let tenant: string;
let envelopes: Envelope[];

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
  envelopes = [];
  world.answer = sending(() => ACCEPTED);
});

afterEach(() => checkInvariants(env.DB, tenant));

/** Answers as the provider does, which is shown the e-mails as they are sent. */
function sending(answer: () => ReturnType<World["answer"]>) {
  const provider = {
    send: async (envelope: Envelope) => {
      envelopes.push(envelope);
      return answer();
    },
  };
  const channel = emailChannel(provider, "us@example.com", ownDesk(world.clock));
  return (dispatch: Dispatch) => channel.deliver(dispatch, never());
}

const content = {
  to: "ada@example.com",
  subject: `Your ${SECRET}`,
  text: `It is ${SECRET}`,
  html: `<b>${SECRET}</b>`,
  headers: { "X-Code": SECRET },
  attachments: [{ filename: "code.txt", type: "text/plain", content: base64 }],
  tags: { kind: "sign-in" },
};
const sensitive = (rest: object = {}, options: object = {}) =>
  email({ ...content, sensitive: true, ...rest }, options);
const commit = async (...messages: ReturnType<typeof email>[]) => {
  const committed = await world.commit(tenant, { messages });
  return committed.messages.map(({ id }) => id);
};
const rowOf = () =>
  env.DB.prepare("SELECT sealed, sealed_by FROM outbox_messages WHERE tenant_id = ? ORDER BY id")
    .bind(tenant)
    .all<{ sealed: string | null; sealed_by: string | null }>();
const sealedNow = async () => (await rowOf()).results.map(({ sealed }) => sealed);
const WIPED = "";

async function expectNowhere() {
  const all = await everything(env.DB);
  expect(all).toContain(tenant);
  expect(all).not.toContain(SECRET);
  expect(all).not.toContain(base64);
  expect(JSON.stringify(world.events)).not.toContain(SECRET);
  expect(JSON.stringify(world.queuedEver)).not.toContain(SECRET);
}

describe("a sensitive e-mail", () => {
  test("is nowhere in D1, before and after it is sent, and is sent as it was given", async () => {
    const [id = ""] = await commit(sensitive());
    await expectNowhere();
    const shown = JSON.parse((await readMessage(env.DB, tenant, id)).payload);
    expect(shown).toEqual({
      to: ["ada@example.com"],
      from: "us@example.com",
      subject: "[sealed]",
      text: "[sealed]",
      html: "[sealed]",
      headers: { "X-Code": "[sealed]" },
      attachments: [{ filename: "code.txt", type: "text/plain", content: "[sealed]" }],
      tags: { kind: "sign-in" },
      sensitive: true,
    });
    await world.runUntilIdle(tenant);
    expect(envelopes).toEqual([
      expect.objectContaining({ ...content, to: ["ada@example.com"], from: "us@example.com", messageId: id }),
    ]);
    expect(envelopes[0]).not.toHaveProperty("sensitive");
    await expectNowhere();
    expect(await sealedNow()).toEqual([WIPED]);
    expect(await readMessage(env.DB, tenant, id)).toMatchObject({ content: "wiped" });
  });

  test.each([
    ["its subject", { subject: SECRET }],
    ["its text", { text: SECRET }],
    ["its HTML", { html: SECRET }],
    ["a header", { headers: { "X-A": SECRET, "X-B": "b" } }],
    ["a file", { attachments: [{ filename: "a", type: "text/plain", content: base64 }] }],
    ["a long text, which is gzipped elsewhere", { text: `${"a ".repeat(5000)}${SECRET}` }],
    ["a text in the link of a topic", { topic: "codes", text: `{{unsubscribe}} ${SECRET}` }],
  ])("hides %s", async (_, given) => {
    world.writeLink = async (_tenant, mail) => ({
      ...(mail as object),
      unsubscribe: "https://a.example/u/1",
    });
    await commit(email({ to: "ada@example.com", subject: "S", text: "T", ...given, sensitive: true }));
    await expectNowhere();
    await world.runUntilIdle(tenant);
    expect(JSON.stringify(envelopes)).toMatch(new RegExp(`${SECRET}|${base64}`));
    await expectNowhere();
  });

  test("committed as the effect of a handler is sealed, too", async () => {
    world.handlers = { forWork: new Set(["greet"]), subscribedTo: () => [] } as never;
    world.answer = (dispatch) =>
      dispatch.endpoint.id === "ep_email"
        ? sending(() => ACCEPTED)(dispatch)
        : ({
            kind: "accepted",
            httpStatus: null,
            excerpt: null,
            effects: { messages: [sensitive()] },
          } as never);
    await world.commit(tenant, {
      messages: [{ eventType: "work", payload: {}, endpointIds: ["ep_handler_greet"] }],
    });
    await world.onAlarm(tenant);
    await world.consume();
    expect(await sealedNow()).toEqual([null, expect.stringMatching(/^s1\.k1\./)]);
    await expectNowhere();
    await world.runUntilIdle(tenant);
    expect(envelopes).toMatchObject([{ text: `It is ${SECRET}` }]);
    expect(await sealedNow()).toEqual([null, WIPED]);
  });

  test("is the same at each attempt, and the words of a provider about it are not kept", async () => {
    const answers = [temporary("http_status", { httpStatus: 500, excerpt: `no ${SECRET}` }), ACCEPTED];
    world.answer = sending(() => answers.shift() ?? ACCEPTED);
    await commit(sensitive());
    await world.runUntilIdle(tenant);
    expect(envelopes).toHaveLength(2);
    expect(envelopes[1]).toEqual({ ...envelopes[0], attempt: 2 });
    const { results } = await env.DB.prepare("SELECT excerpt FROM outbox_attempts WHERE tenant_id = ?")
      .bind(tenant)
      .all();
    expect(results).toEqual([{ excerpt: null }, { excerpt: null }]);
    await expectNowhere();
  });

  test("whose provider throws leaves no words of the error", async () => {
    world.answer = () => {
      throw new Error(`cannot send ${SECRET}`);
    };
    await commit(sensitive());
    await world.onAlarm(tenant);
    await world.consume();
    expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", attempts: 1, excerpt: null }]);
    await expectNowhere();
  });

  test("shares no request, as a wiped one could not be repeated with the others", async () => {
    const provider = new BatchProvider();
    const { admit, batch, deliver } = emailChannel(provider, "us@example.com", ownDesk(world.clock));
    Object.assign(world, { admit, batch, answer: (dispatch: Dispatch) => deliver(dispatch, never()) });
    const plain = () => email({ to: "ada@example.com", subject: "Hello", text: "Hello" });
    const ids = await commit(plain(), sensitive({ attachments: undefined }), plain());
    await world.runUntilIdle(tenant);
    expect(provider.batches.map(({ ids }) => ids)).toEqual([[ids[0], ids[2]]]);
    expect(provider.sent.toSorted()).toEqual(ids.toSorted());
  });

  test("is not found by its content", async () => {
    await commit(sensitive());
    expect(await search(env.DB, { q: `"${SECRET}"`, tenant })).toMatchObject({
      entries: [],
      lookedAt: { messages: 1 },
    });
  });
});

describe("a key that is missing", () => {
  test("leaves the e-mail sealed, and with the key back it is sent", async () => {
    await commit(sensitive());
    world.vault = vaultWith("k2");
    await world.onAlarm(tenant);
    await world.consume();
    expect(envelopes).toEqual([]);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "pending", error: "secret_unavailable", excerpt: expect.stringContaining("k1") },
    ]);
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "secrets.unavailable", tenant, endpoint: "ep_email", sequence: 1 }),
    );
    world.vault = vaultWith("k2", "k1");
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
    expect(envelopes).toHaveLength(1);
  });

  test("content that was moved to another message does not open", async () => {
    await commit(sensitive(), sensitive({ to: "eve@example.com" }));
    await env.DB.prepare(
      `UPDATE outbox_messages SET sealed = (SELECT sealed FROM outbox_messages other WHERE other.tenant_id = ?1 AND other.seq = 1)
       WHERE tenant_id = ?1 AND seq = 2`,
    )
      .bind(tenant)
      .run();
    await world.onAlarm(tenant);
    await world.consume();
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "delivered" },
      { error: "secret_unavailable" },
    ]);
  });
});

test("a sensitive e-mail writes one entry more at its commit and one row more when it is settled; another one none", async () => {
  const { db, bill } = countingDb(env.DB);
  const counted = { step: <T>(_: string, act: () => Promise<T>) => act(), db: () => db };
  const costOf = async (message: ReturnType<typeof email>) => {
    const written: number[] = [];
    let before = bill.rowsWritten;
    const note = () => {
      written.push(bill.rowsWritten - before);
      before = bill.rowsWritten;
    };
    await world.commit(tenant, { messages: [message] }, counted);
    note();
    await world.onAlarm(tenant, counted);
    note();
    await world.consume(counted);
    note();
    return written;
  };
  expect(await costOf(email(content))).toEqual([3, 2, 1]);
  expect(await costOf(sensitive())).toEqual([4, 2, 2]);
});

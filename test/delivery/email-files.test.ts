/** Files of e-mails, in the e-mail and in R2, from the commit to the provider. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { attachments } from "../../src/attachments.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { EmailFile, EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { commit as commitWith } from "../../src/outbox/commit.ts";
import { email } from "../../src/outbox/message.ts";
import type { FreezeFiles } from "../../src/outbox/no-files.ts";
import type { FileBucket } from "../../src/platform/file-bucket.ts";
import { limits } from "../../src/platform/limits.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf } from "../support/database/rows.ts";
import { BatchProvider } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { refused } from "../support/outside/replies.ts";
import { never } from "../support/outside/signals.ts";
import { eventually } from "../support/runner/eventually.ts";
import { ACCEPTED, World } from "../support/world.ts";

const { EMAIL_ATTACHMENTS: bucket } = env;
let world: World;
let tenant: string;
let sent: Envelope[];

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  world.files = bucket;
  tenant = await world.createTenant();
  sent = [];
  use({
    send: async (envelope) => {
      sent.push(envelope);
      return ACCEPTED;
    },
  });
});

afterEach(() => checkInvariants(env.DB, tenant));

/** `from`: the bucket of the consumer; null if it has none. */
function use(provider: EmailProvider, from: FileBucket | null = bucket): void {
  const { withFiles } = attachments.of(from ?? undefined);
  const channel = emailChannel(provider, "us@example.com", ownDesk(world.clock), withFiles);
  world.admit = channel.admit;
  world.batch = channel.batch;
  world.answer = (dispatch) => channel.deliver(dispatch, never());
}

const BYTES = Uint8Array.from({ length: 3000 }, (_, place) => place);
const inBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
/** Puts a file under a key of its own. */
async function put(bytes: Uint8Array | string = BYTES): Promise<string> {
  const key = `${tenant}/${crypto.randomUUID()}`;
  await bucket.put(key, bytes);
  return key;
}
const PDF = { filename: "invoice.pdf", type: "application/pdf" };
type Given = NonNullable<Parameters<typeof email>[0]["attachments"]>;
const mail = (attachments: Given) =>
  email({ to: "ada@example.com", subject: "Your invoice", text: "Here it is.", attachments });
const commit = async (...messages: ReturnType<typeof mail>[]) =>
  (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
const refusalOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => [],
    (error) => error.failure.fields ?? error.code,
  );
const outcomes = async () =>
  (await deliveriesOf(tenant)).map(({ state, error, attempts, spared }) => [state, error, attempts - spared]);
const hand = async () => {
  await world.onAlarm(tenant);
  await world.consume();
};

describe("files of an e-mail", () => {
  test("go with it, from the e-mail and from R2, byte for byte", async () => {
    const r2 = await put();
    await commit(
      mail([
        { ...PDF, content: "AAEC" },
        { ...PDF, filename: "b.pdf", r2 },
      ]),
    );
    await world.runUntilIdle(tenant);
    const files: EmailFile[] = [
      { ...PDF, content: "AAEC" },
      { ...PDF, filename: "b.pdf", content: inBase64(BYTES) },
    ];
    expect(sent).toMatchObject([{ subject: "Your invoice", attachments: files }]);
    expect(sent[0]?.attachments).toEqual(files);
  });

  test("are the same at each attempt, and after a replay, while they stay in R2", async () => {
    const r2 = await put();
    use({
      send: async (envelope) => {
        sent.push(envelope);
        return sent.length === 1 ? refused() : ACCEPTED;
      },
    });
    const [id = ""] = await commit(mail([{ ...PDF, r2 }]));
    await world.runUntilIdle(tenant);
    await world.ask((tools) => replayOne(tools, tenant, id, "ep_email"));
    await world.runUntilIdle(tenant);
    expect(sent).toHaveLength(3);
    for (const { attachments } of sent) expect(attachments).toEqual([{ ...PDF, content: inBase64(BYTES) }]);
    expect(sent[1]?.idempotencyKey).toBe(sent[0]?.idempotencyKey);
    expect(sent[2]?.idempotencyKey).not.toBe(sent[0]?.idempotencyKey);
  });

  test("keep it out of shared requests, in which the others go", async () => {
    const provider = new BatchProvider();
    use(provider);
    const plain = email({ to: "ada@example.com", subject: "Hello", text: "Hello" });
    const [first, filed, last] = await commit(plain, mail([{ ...PDF, content: "AAEC" }]), plain);
    await world.runUntilIdle(tenant);
    expect(provider.requests.map(({ ids }) => ids).toSorted((a, b) => a.length - b.length)).toEqual([
      [filed],
      [first, last],
    ]);
    expect(provider.sent.toSorted()).toEqual([first, filed, last].toSorted());
  });

  test("of many e-mails do not fill the memory: some go later, and use up no attempt", async () => {
    const large = new Uint8Array(limits.emailFilesBytes);
    const r2 = await put(large);
    const { promise: taken, resolve: take } = Promise.withResolvers<void>();
    const fit = Math.floor(limits.emailFilesAtOnceBytes / large.length);
    let found = 0;
    const counting = {
      get: async (key: string) => {
        const file = await bucket.get(key);
        found++;
        return file;
      },
    };
    const send = async (envelope: Envelope) => {
      sent.push(envelope);
      if (sent.length <= fit) await taken;
      return ACCEPTED;
    };
    use({ send }, counting);
    await commit(...Array.from({ length: fit + 1 }, () => mail([{ ...PDF, r2 }])));
    await world.onAlarm(tenant);
    const held = world.consume();
    await eventually(() => expect([sent.length, found]).toEqual([fit, fit + 1]));
    take();
    await held;
    expect((await outcomes()).toSorted()).toEqual([
      ...Array(fit).fill(["delivered", null, 1]),
      ["pending", "attachment_unavailable", 0],
    ]);
    await world.runUntilIdle(tenant);
    expect(sent).toHaveLength(fit + 1);
    expect((await outcomes()).map(([state]) => state)).toEqual(Array(fit + 1).fill("delivered"));
  });
});

describe("a file in R2 that an attempt does not find as it was", () => {
  test.each([
    ["is another", (key: string) => bucket.put(key, "another")],
    ["is far too large", (key: string) => bucket.put(key, new Uint8Array(limits.emailFilesAtOnceBytes + 1))],
    ["is gone", (key: string) => bucket.delete(key)],
  ])("%s: nothing is sent, and a replay goes once it is back", async (_, change) => {
    const r2 = await put();
    const [id = ""] = await commit(mail([{ ...PDF, r2 }]));
    await change(r2);
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "dead", error: "attachment_changed", excerpt: expect.stringContaining(r2) },
    ]);
    expect(sent).toEqual([]);
    await bucket.put(r2, BYTES);
    await world.ask((tools) => replayOne(tools, tenant, id, "ep_email"));
    await world.runUntilIdle(tenant);
    expect(sent).toMatchObject([{ attachments: [{ content: inBase64(BYTES) }] }]);
  });

  test("cannot be read for now: it is tried again, and the endpoint is not to blame", async () => {
    const r2 = await put();
    await commit(mail([{ ...PDF, r2 }]));
    const broken = { get: () => Promise.reject(new Error("get: We encountered an internal error. (10001)")) };
    use({ send: async () => ACCEPTED }, broken);
    await hand();
    expect(await outcomes()).toEqual([["pending", "attachment_unavailable", 1]]);
    use({ send: async () => ACCEPTED }, null);
    world.now = (await deliveriesOf(tenant))[0]?.due_at ?? 0;
    await hand();
    expect(await deliveriesOf(tenant)).toMatchObject([
      {
        state: "pending",
        error: "attachment_unavailable",
        excerpt: "The binding EMAIL_ATTACHMENTS is missing",
      },
    ]);
  });
});

describe("a commit with files in R2", () => {
  test("keeps their digests", async () => {
    const r2 = await put("abc");
    const [id = ""] = await commit(mail([{ ...PDF, r2 }]));
    const { payload = "" } = (await readMessage(env.DB, tenant, id)) ?? {};
    const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(JSON.parse(payload)).toMatchObject({
      attachments: [{ ...PDF, r2, sha256 }],
      from: "us@example.com",
    });
  });

  test("is refused for one that is missing, empty, too large or another, and writes nothing", async () => {
    const [empty, large, good] = [
      await put(""),
      await put(new Uint8Array(limits.emailFilesBytes + 1)),
      await put(),
    ];
    const of = (r2: string, more = {}) => ({ ...PDF, r2, ...more });
    const attachments = [of("none"), of(empty), of(large), of(good, { sha256: "0".repeat(64) }), of(good)];
    const fields = await refusalOf(commit(mail([{ ...PDF, content: "AAEC" }]), mail(attachments)));
    expect(fields).toMatchObject([
      {
        path: "messages[1].payload.attachments[0].r2",
        message: expect.stringContaining("put the file there"),
      },
      { path: "messages[1].payload.attachments[1].r2", message: expect.stringContaining("is an empty file") },
      {
        path: "messages[1].payload.attachments[2].r2",
        message: expect.stringContaining("3145728 is the limit"),
      },
      {
        path: "messages[1].payload.attachments[3].sha256",
        message: expect.stringContaining("is not that of the file"),
      },
    ]);
    expect(await deliveriesOf(tenant)).toEqual([]);
  });

  test("is refused for files that are too large together, and for too many", async () => {
    const half = await put(new Uint8Array(limits.emailFilesBytes / 2));
    const one = await put("x");
    await commit(
      mail([
        { ...PDF, r2: half },
        { ...PDF, r2: half },
      ]),
    );
    const files = [half, half, one].map((r2) => ({ ...PDF, r2 }));
    expect(await refusalOf(commit(mail(files)))).toMatchObject([
      { path: "messages[0].payload.attachments[2].r2", message: expect.stringContaining("3145729 bytes") },
    ]);
    let asked = 0;
    world.files = {
      get: () => {
        asked++;
        return bucket.get(one);
      },
    };
    const named = (from: number, count: number) =>
      mail(Array.from({ length: count }, (_, place) => ({ ...PDF, r2: `k${from + place}` })));
    expect(await refusalOf(commit(named(0, 20), named(20, 20), named(39, 2)))).toMatchObject([
      {
        path: "messages[2].payload.attachments[1].r2",
        message: expect.stringContaining("the limit of a commit"),
      },
    ]);
    expect(asked).toBe(limits.emailFilesPerCommit);
  });

  test("is refused without the option, which is named; and without the bucket, whose binding is", async () => {
    const { log, types } = world;
    const tools = { ...world.registryTools(), log, types };
    const attempt = (freezeFiles?: FreezeFiles) => {
      const request = {
        messages: [
          mail([
            { ...PDF, content: "AAEC" },
            { ...PDF, r2: "k" },
          ]),
        ],
      };
      return refusalOf(commitWith({ ...tools, freezeFiles }, tenant, request));
    };
    const path = "messages[0].payload.attachments[1].r2";
    expect(await attempt()).toMatchObject([
      { path, message: expect.stringContaining("the option attachments") },
    ]);
    expect(await attempt(attachments.of(undefined).freezeFiles)).toMatchObject([
      { path, message: expect.stringContaining("bind it, or give content") },
    ]);
    await commit(mail([{ ...PDF, content: "AAEC" }]));
  });

  test("goes without the option where its files are in the e-mails, and waits where one is in R2", async () => {
    const r2 = await put();
    const send = async (envelope: Envelope) => {
      sent.push(envelope);
      return ACCEPTED;
    };
    const channel = emailChannel({ send }, "", ownDesk(world.clock));
    world.answer = (dispatch) => channel.deliver(dispatch, never());
    await commit(mail([{ ...PDF, content: "AAEC" }]), mail([{ ...PDF, r2 }]));
    await hand();
    expect(sent).toMatchObject([{ attachments: [{ ...PDF, content: "AAEC" }] }]);
    expect((await outcomes()).toSorted()).toEqual([
      ["delivered", null, 1],
      ["pending", "attachment_unavailable", 1],
    ]);
  });

  test("can be repeated where the bucket does not answer, and then wrote nothing", async () => {
    const r2 = await put();
    world.files = { get: () => Promise.reject(new Error("get: (10001)")) };
    expect(await refusalOf(commit(mail([{ ...PDF, r2 }])))).toBe("storage_unavailable");
    expect(await deliveriesOf(tenant)).toEqual([]);
    world.files = bucket;
    await commit(mail([{ ...PDF, r2 }]));
  });

  test("is the first one when it is repeated by its key, whatever the file is by then", async () => {
    const r2 = await put();
    const request = { messages: [mail([{ ...PDF, r2 }])], idempotencyKey: "k" };
    const [first] = (await world.commit(tenant, request)).messages;
    for (const change of [() => bucket.put(r2, "another"), () => bucket.delete(r2)]) {
      await change();
      expect(await world.commit(tenant, request)).toMatchObject({
        duplicate: true,
        messages: [{ id: first?.id }],
      });
    }
    const other = { ...request, messages: [mail([{ ...PDF, r2: "other" }])] };
    expect(await refusalOf(world.commit(tenant, other))).toBe("idempotency_conflict");
  });

  test("says where to keep a file that is too large for the e-mail itself", async () => {
    const content = "AAAA".repeat(limits.payloadBytes / 4);
    expect(await refusalOf(commit(mail([{ ...PDF, content }])))).toMatchObject([
      {
        path: "messages[0].payload",
        message: expect.stringMatching(/keep its files in R2, and name them by r2$/),
      },
    ]);
  });
});

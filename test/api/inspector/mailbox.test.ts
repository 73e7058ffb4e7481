import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createApi } from "../../../src/create-api.ts";
import { dashboard } from "../../../src/dashboard/dashboard.ts";
import type { Emails, MailboxEmail } from "../../../src/dashboard/inspector/answers.ts";
import { createOutbox, type OutboxEnv } from "../../../src/index.ts";
import { insidesOf } from "../../../src/insides.ts";
import { dispatchWith } from "../../support/outside/dispatch.ts";
import { never } from "../../support/outside/signals.ts";

const MAILBOX = "/ui/dev/mailbox";
const DEVELOPMENT = { EMAIL_DEV: "", EMAIL_DEV_ALLOW: "" };

/** An outbox of development, whose own provider must never be called unless it is told so. */
function withMailbox({ given = {}, hasDashboard = true }: { given?: object; hasDashboard?: boolean } = {}) {
  const settings = { ...env, ...DEVELOPMENT, ...given } as unknown as OutboxEnv;
  const sent: string[][] = [];
  const outbox = createOutbox<OutboxEnv>({
    email: () => ({
      async send({ to }) {
        sent.push([...to]);
        return { kind: "accepted", id: "sent", httpStatus: null, excerpt: "sent" };
      },
    }),
  });
  const api = createApi(outbox, hasDashboard ? { dashboard: dashboard() } : {});
  const channel = insidesOf<OutboxEnv>(outbox)?.hostOf(settings).channel("email", "acme");
  const endpoint = { id: "ep_email", target: "", headers: null, secretHeaders: null, secrets: [] };
  return {
    sent,
    send: (email: object) =>
      channel?.deliver(
        dispatchWith({
          eventType: "email",
          payload: JSON.stringify({ subject: "Hello", text: "Hello", ...email }),
          endpoint: { ...endpoint, payloadFormat: "standard" },
        }),
        never(),
      ),
    call: (path = "", init: RequestInit = {}) => {
      const authorization = `Bearer ${env.OPERATOR_TOKEN}`;
      const headers = { authorization, "content-type": "application/json", ...init.headers };
      const request = new Request(`http://outbox.test${MAILBOX}${path}`, { ...init, headers });
      return api.fetch(request, settings, createExecutionContext());
    },
    async read<T = Emails>(path = "", init: RequestInit = {}) {
      return (await (await this.call(path, init)).json()) as T;
    },
  };
}

const put = (body: object): RequestInit => ({ method: "PUT", body: JSON.stringify(body) });
const post = (body: object): RequestInit => ({ method: "POST", body: JSON.stringify(body) });

beforeEach(async () => {
  const mailbox = withMailbox();
  await mailbox.call("", { method: "DELETE" });
  for (const { address } of (await mailbox.read()).plays) {
    await mailbox.call("/plays", put({ address, play: "accepted" }));
  }
});

describe("the mailbox", () => {
  test("gets every e-mail of development, whatever provider the app has, and shows all of each", async () => {
    const mailbox = withMailbox();
    await mailbox.send({ to: ["ada@example.com"], subject: "First", text: "One" });
    await mailbox.send({ to: ["b@example.com"], bcc: ["c@example.com"], subject: "Second", html: "<p>Two" });
    const list = await mailbox.read();
    expect(list).toMatchObject({ dropped: 0, plays: [], sentTo: null });
    expect(list.data).toMatchObject([
      { to: ["b@example.com"], subject: "Second", from: "outbox@example.com", messageId: "msg_1" },
      { to: ["ada@example.com"], subject: "First" },
    ]);
    const { id } = list.data[0] as { id: string };
    expect(await mailbox.read<MailboxEmail>(`/${id}`)).toMatchObject({
      ...list.data[0],
      ...{ cc: [], bcc: ["c@example.com"], replyTo: [], text: "Hello", html: "<p>Two", links: [], more: {} },
      headers: expect.arrayContaining([["To", "b@example.com"]]),
      source: expect.stringContaining("\r\nTo: b@example.com\r\n"),
    });
    expect((await mailbox.call("/eml_none")).status).toBe(404);
    expect((await mailbox.call("/eml_none/events", post({ event: "delivered" }))).status).toBe(404);
    expect(mailbox.sent).toEqual([]);
    expect((await mailbox.call("", { method: "DELETE" })).status).toBe(204);
    expect((await mailbox.read()).data).toEqual([]);
  });

  test("gets those alone that may not be sent, where the settings allow some", async () => {
    const given = { EMAIL_DEV: "live", EMAIL_DEV_ALLOW: "*@ourteam.example" };
    const mailbox = withMailbox({ given });
    expect(await mailbox.send({ to: ["ada@ourteam.example"] })).toMatchObject({ id: "sent" });
    const reason = "Not sent: EMAIL_DEV_ALLOW does not allow bob@example.com.";
    expect(await mailbox.send({ to: ["ada@ourteam.example"], cc: ["bob@example.com"] })).toMatchObject({
      kind: "accepted",
      excerpt: reason,
    });
    expect(mailbox.sent).toEqual([["ada@ourteam.example"]]);
    const { data, sentTo } = await mailbox.read();
    expect([sentTo, data.map((email) => email.reason)]).toEqual([["*@ourteam.example"], [reason]]);
  });

  test("is not there without the dashboard, and e-mails of development still go to nobody", async () => {
    const mailbox = withMailbox({ hasDashboard: false });
    expect(await mailbox.send({ to: ["ada@example.com"] })).toMatchObject({
      kind: "accepted",
      excerpt: "Not sent: ENVIRONMENT is development.",
    });
    expect(mailbox.sent).toEqual([]);
    expect((await mailbox.call()).status).toBe(404);
  });

  test("lets production send", async () => {
    const production = { ENVIRONMENT: "production", ALLOW_LOOPBACK_ENDPOINTS: "false" };
    const mailbox = withMailbox({ given: production });
    expect(await mailbox.send({ to: ["ada@example.com"] })).toMatchObject({ id: "sent" });
    expect((await mailbox.call()).status).toBe(404);
  });
});

describe("a fate in the mailbox", () => {
  test("is chosen for an address or for all, and forgotten again", async () => {
    const mailbox = withMailbox();
    const { plays } = await mailbox.read(
      "/plays",
      put({ address: "Ada <ADA@example.com>", play: "temporary", times: 2 }),
    );
    expect(plays).toEqual([{ address: "ada@example.com", play: "temporary", times: 2 }]);
    await mailbox.call("/plays", put({ play: "permanent" }));
    expect(await mailbox.send({ to: ["ada@example.com"] })).toMatchObject({ error: "mailbox_temporary" });
    expect(await mailbox.send({ to: ["bob@example.com"] })).toMatchObject({ error: "mailbox_permanent" });
    await mailbox.call("/plays", put({ play: "accepted" }));
    expect((await mailbox.read()).plays).toEqual([
      { address: "ada@example.com", play: "temporary", times: 1 },
    ]);
  });

  test.each([
    [{ play: "teapot" }, "play"],
    [{ play: "429", times: 0 }, "times"],
    [{ play: "429", address: "nobody" }, "address"],
    [{ play: "429", addres: "ada@example.com" }, "addres"],
  ])("that is wrong is refused, and changes nothing: %o", async (body, field) => {
    const mailbox = withMailbox();
    const response = await mailbox.call("/plays", put(body));
    expect([response.status, JSON.stringify(await response.json())]).toEqual([
      422,
      expect.stringContaining(field),
    ]);
    expect((await mailbox.read()).plays).toEqual([]);
  });

  test("takes a token that may change things, and an event that the mailbox knows", async () => {
    const mailbox = withMailbox();
    await mailbox.send({ to: ["ada@example.com"] });
    const id = (await mailbox.read()).data[0]?.id;
    const headers = { authorization: "Bearer nobody-at-all-knows-this" };
    for (const [path, init] of [
      ["/plays", put({ play: "429" })],
      [`/${id}/events`, post({ event: "delivered" })],
    ] as const) {
      expect((await mailbox.call(path, { ...init, headers })).status).toBe(401);
    }
    expect((await mailbox.call(`/${id}/events`, post({ event: "accepted" }))).status).toBe(422);
    // Of a message that is not on record.
    const told = { recorded: 0, repeated: 0, unmatched: 0, foreign: 1 };
    expect(await mailbox.read(`/${id}/events`, post({ event: "delivered" }))).toEqual(told);
  });
});

describe("the latest e-mail", () => {
  test("is awaited by its recipient and its subject", async () => {
    const mailbox = withMailbox();
    const asked = mailbox.read<MailboxEmail>("/latest?to=ADA@example.com&subject=order&waitSeconds=20");
    await mailbox.send({ to: ["bob@example.com"], subject: "Your order" });
    await mailbox.send({ to: ["ada@example.com"], subject: "Welcome" });
    await mailbox.send({
      cc: ["ada@example.com"],
      to: ["x@example.com"],
      subject: "Your order",
      text: "https://a.example/1",
    });
    expect(await asked).toMatchObject({ cc: ["ada@example.com"], links: ["https://a.example/1"] });
    const { id } = await mailbox.read<MailboxEmail>("/latest");
    const later = mailbox.read<MailboxEmail>(`/latest?to=ada@example.com&after=${id}&waitSeconds=20`);
    await mailbox.send({ to: ["ada@example.com"], subject: "Later" });
    expect(await later).toMatchObject({ subject: "Later" });
  });

  test("that does not come is told with those that are there", async () => {
    const mailbox = withMailbox();
    const detail = async (path: string) => {
      const response = await mailbox.call(path);
      return [response.status, ((await response.json()) as { detail: string }).detail];
    };
    expect(await detail("/latest?to=ada@example.com")).toEqual([
      404,
      "No e-mail to ada@example.com is in the mailbox. The mailbox is empty.",
    ]);
    await mailbox.send({ to: ["bob@example.com"], subject: "Your order" });
    await mailbox.send({ to: ["permanent@mailbox.test"], subject: "Refused" });
    expect(await detail("/latest?to=permanent@mailbox.test&waitSeconds=1")).toEqual([
      404,
      "No e-mail to permanent@mailbox.test came within 1 s. " +
        'It has "Refused" to permanent@mailbox.test (not taken: permanent); "Your order" to bob@example.com.',
    ]);
    for (const query of ["waitSeconds=31", "waitSeconds=x", "too=ada@example.com", "to=nobody"]) {
      expect((await mailbox.call(`/latest?${query}`)).status, query).toBe(422);
    }
  });
});

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createApi } from "../../../src/create-api.ts";
import { dashboard } from "../../../src/dashboard/dashboard.ts";
import type { Emails } from "../../../src/dashboard/inspector/answers.ts";
import { createOutbox, type OutboxEnv } from "../../../src/index.ts";
import { insidesOf } from "../../../src/insides.ts";
import { dispatchWith } from "../../support/outside/dispatch.ts";
import { never } from "../../support/outside/signals.ts";

const MAILBOX = "/ui/dev/mailbox";
const settings = { ...env, EMAIL_PROVIDER: "mailbox" } as unknown as OutboxEnv;

/** An outbox whose e-mails go to the mailbox. */
function withMailbox() {
  const outbox = createOutbox<OutboxEnv>();
  const api = createApi(outbox, { dashboard: dashboard() });
  const channel = insidesOf<OutboxEnv>(outbox)?.hostOf(settings).channel("email");
  const endpoint = {
    id: "ep_email",
    target: "",
    payloadFormat: "standard" as const,
    headers: null,
    secretHeaders: null,
    secrets: [],
  };
  return {
    send: (email: object) =>
      channel?.deliver(
        dispatchWith({ eventType: "email", payload: JSON.stringify(email), endpoint }),
        never(),
      ),
    call: (path = "", init: RequestInit = {}) => {
      const authorization = `Bearer ${env.OPERATOR_TOKEN}`;
      const headers = { authorization, "content-type": "application/json", ...init.headers };
      const request = new Request(`http://outbox.test${MAILBOX}${path}`, { ...init, headers });
      return api.fetch(request, settings, createExecutionContext());
    },
    list: async function () {
      return (await (await this.call()).json()) as Emails;
    },
  };
}

test("the mailbox shows what would have been sent, the newest first, and all of each", async () => {
  const mailbox = withMailbox();
  await mailbox.send({ to: ["ada@example.com"], subject: "First", text: "One" });
  await mailbox.send({
    to: ["b@example.com"],
    bcc: ["c@example.com"],
    replyTo: ["d@example.com", "e@example.com"],
    subject: "Second",
    html: "<p>Two</p>",
    headers: { "X-Team": "blue" },
    tags: { category: "receipt" },
    attachments: [{ filename: "a.pdf", type: "application/pdf", content: "AAECAw==" }],
  });
  const { data, answer } = await mailbox.list();
  expect(answer).toBe("accepted");
  expect(data).toMatchObject([
    { to: ["b@example.com"], subject: "Second", from: "outbox@example.com", messageId: "msg_1" },
    { to: ["ada@example.com"], subject: "First" },
  ]);
  expect(await (await mailbox.call(`/${data[0]?.id}`)).json()).toEqual({
    ...data[0],
    cc: [],
    bcc: ["c@example.com"],
    replyTo: ["d@example.com", "e@example.com"],
    headers: {
      "Message-ID": expect.stringMatching(/^<.+>$/),
      "X-Entity-Ref-ID": "msg_1/ep_email",
      "X-Outbox-Tag-category": "receipt",
      "X-Team": "blue",
    },
    attachments: [{ filename: "a.pdf", type: "application/pdf", bytes: 4 }],
    text: null,
    html: "<p>Two</p>",
  });
  expect((await mailbox.call("/eml_none")).status).toBe(404);
  expect((await mailbox.call("", { method: "DELETE" })).status).toBe(204);
  expect((await mailbox.list()).data).toEqual([]);
});

test("the mailbox answers as chosen, and refuses an answer that it does not know", async () => {
  const mailbox = withMailbox();
  const choose = (answer: string) =>
    mailbox.call("/answer", { method: "PUT", body: JSON.stringify({ answer }) });
  expect((await choose("teapot")).status).toBe(422);
  expect(await (await choose("temporary")).json()).toEqual({ answer: "temporary" });
  const email = { to: ["ada@example.com"], subject: "First", text: "One" };
  expect(await mailbox.send(email)).toMatchObject({ kind: "temporary", error: "mailbox_temporary" });
  expect(await mailbox.list()).toMatchObject({ answer: "temporary", data: [{ answer: "temporary" }] });
});

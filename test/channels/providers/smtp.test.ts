import { describe, expect, inject, test } from "vitest";
import type { Envelope } from "../../../src/channels/email/provider.ts";
import { smtp } from "../../../src/smtp.ts";
import { createBox } from "../../support/outside/email-servers/box.ts";
import { SMTP_PASSWORD } from "../../support/outside/email-servers/keys.ts";
import { never } from "../../support/outside/signals.ts";

const envelope: Envelope = {
  to: ["Ada <ada@example.com>"],
  from: '"Shop, Ünited" <us@example.com>',
  subject: "Déjà vu 🎉",
  text: "Grüße.\n.\nEnd",
  html: "<p>Grüße 山</p>",
  tenantId: "acme",
  messageId: "msg_1",
  committedAt: Date.UTC(2026, 10, 30, 12),
  attempt: 1,
  idempotencyKey: "msg_1/ep_email",
};

async function open() {
  const box = await createBox();
  const { friendly: port } = inject("emailServers").smtpPorts;
  const server = { host: "127.0.0.1", port, security: "none" as const };
  return { box, server, provider: smtp({ ...server, user: box.name, password: SMTP_PASSWORD }) };
}

describe("SMTP", () => {
  test("sends a message of MIME with the date of its commit, and an id of its own", async () => {
    const { box, provider } = await open();
    await provider.send({ ...envelope, bcc: ["hidden@example.com"] }, never());
    const { requests, emails } = await box.look();
    const message = requests[0]?.body ?? "";
    expect(message).toContain("\r\nDate: Mon, 30 Nov 2026 12:00:00 +0000\r\n");
    expect(message).toMatch(/\r\nMessage-ID: <[0-9a-f]{32}@example\.com>\r\n/);
    expect(message).toMatch(/Content-Type: multipart\/alternative;[\s\S]*text\/plain[\s\S]*text\/html/);
    expect(message).toContain("\r\nX-Outbox-Message: msg_1\r\n");
    // Letters beyond ASCII are encoded, and no header shows a blind copy.
    expect(message).toMatch(/^[\r\n\t\x20-\x7e]*$/);
    expect(message).not.toContain("hidden");
    expect(emails[0]?.bcc).toEqual(["hidden@example.com"]);
  });

  test("another e-mail has another id, and the same one keeps it", async () => {
    const { box, provider } = await open();
    for (const idempotencyKey of [
      "msg_1/ep_email",
      "msg_1/ep_email",
      "msg_1/ep_email/r1",
      "msg_2/ep_email",
    ]) {
      await provider.send({ ...envelope, idempotencyKey }, never());
    }
    const { requests } = await box.look();
    const found = requests.map(({ body }) => /^Message-ID: (.*)$/m.exec(body)?.[1]);
    expect(found[1]).toBe(found[0]);
    expect(new Set(found).size).toBe(3);
  });

  test("the name that the server gave the e-mail is its id", async () => {
    const { provider } = await open();
    const reply = await provider.send(envelope, never());
    expect(reply).toMatchObject({
      kind: "accepted",
      id: "taken-1",
      excerpt: "250 2.0.0 Ok: queued as taken-1",
    });
  });

  test("an e-mail of which one recipient is refused goes to nobody", async () => {
    const { box, provider } = await open();
    const to = ["Ada <ada@example.com>", "nobody@example.com", "grace@example.com"];
    const reply = await provider.send({ ...envelope, to }, never());
    const refused = { kind: "permanent", scope: "recipient", error: "smtp_550" };
    expect(reply).toMatchObject({ ...refused, excerpt: "550 5.1.1 Nobody has this name" });
    // The next one finds the server as before.
    expect(await provider.send(envelope, never())).toMatchObject({ kind: "accepted" });
    expect((await box.look()).emails.map(({ to }) => to)).toEqual([["ada@example.com"]]);
  });

  test.each([
    ["421 4.7.0 Too many connections from you", { scope: "provider", error: "smtp_421", spares: true }],
    ["554 5.3.2 No SMTP service here", { scope: "provider", error: "smtp_554" }],
  ])("a server that greets nobody: %s", async (line, expected) => {
    const port = inject("emailServers").smtpPorts.unfriendly[line];
    const provider = smtp({ host: "127.0.0.1", security: "none", ...(port && { port }) });
    const reply = await provider.send(envelope, never());
    expect(reply).toMatchObject({ kind: "temporary", excerpt: line, ...expected });
  });

  test("a wrong password is the account's, and not shown", async () => {
    const { box, server } = await open();
    const reply = await smtp({ ...server, user: box.name, password: "wr0ng-p4ssword" }).send(
      envelope,
      never(),
    );
    expect(reply).toMatchObject({ kind: "temporary", scope: "account", error: "smtp_535" });
    expect(reply.excerpt).not.toContain("wr0ng");
  });

  test("nothing is sent in the clear to a server that was to encrypt", async () => {
    const { box, server } = await open();
    const provider = smtp({ ...server, security: "starttls", user: box.name, password: SMTP_PASSWORD });
    expect(await provider.send(envelope, never())).toMatchObject({ kind: "temporary" });
    expect(await box.look()).toMatchObject({ requests: [], emails: [] });
  });

  test("a server that is not there has taken nothing for sure", async () => {
    const { server } = await open();
    const reply = await smtp({ ...server, port: 9 }).send(envelope, never());
    expect(reply).toMatchObject({ kind: "temporary", error: "refused" });
  });

  test("another server, or another login, is another account", async () => {
    const nameOf = (given: object) => smtp({ host: "smtp.example.com", ...given }).account?.name;
    const names = [{}, { port: 2465 }, { user: "a", password: "b" }, { user: "a", password: "c" }].map(
      nameOf,
    );
    expect(new Set(names).size).toBe(4);
    expect(names[0]).toMatch(/^smtp-[0-9a-f]{12}$/);
    expect(nameOf({ security: "starttls" })).toBe(nameOf({ port: 587 }));
  });
});

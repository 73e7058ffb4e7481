import { describe, expect, test } from "vitest";
import type { Envelope } from "../../../src/channels/email/provider.ts";
import {
  createOutbox,
  type EmailProvider,
  emailProviders,
  mailgun,
  postmark,
  sendgrid,
  ses,
} from "../../../src/index.ts";
import { createBox } from "../../support/outside/email-servers/box.ts";
import { KEYS } from "../../support/outside/email-servers/keys.ts";
import type { HttpName } from "../../support/outside/email-servers/protocols.ts";
import { refuseSignature } from "../../support/outside/email-servers/signature-v4.ts";
import { never } from "../../support/outside/signals.ts";

const envelope: Envelope = {
  to: ["Ada <ada@example.com>"],
  from: "us@example.com",
  subject: "Your order",
  text: "We have it.",
  tenantId: "acme",
  messageId: "msg_1",
  committedAt: 0,
  attempt: 1,
  idempotencyKey: "msg_1/ep_email",
};

const sesKey = { accessKeyId: KEYS.ses.keyId, secretAccessKey: KEYS.ses.secret, region: KEYS.ses.region };

type Options = { baseUrl?: string };
const MAKERS: [name: HttpName, make: (options: Options) => EmailProvider][] = [
  ["postmark", (options) => postmark({ serverToken: KEYS.postmark, ...options })],
  ["sendgrid", (options) => sendgrid({ apiKey: KEYS.sendgrid, ...options })],
  ["mailgun", (options) => mailgun({ apiKey: KEYS.mailgun, domain: "mg.example.com", ...options })],
  ["ses", (options) => ses({ ...sesKey, ...options })],
];

describe.each(MAKERS)("%s, as an app makes it,", (name, make) => {
  test("reaches its provider, with a slash at the end of the address, too", async () => {
    const box = await createBox();
    for (const end of ["", "/"]) {
      const reply = await make({ baseUrl: `${box.urlOf(name)}${end}` }).send(envelope, never());
      expect(reply).toMatchObject({ kind: "accepted", excerpt: expect.stringMatching(/./) });
    }
    expect((await box.look()).emails).toHaveLength(2);
  });

  test("has taken nothing for sure where its name does not resolve", async () => {
    const reply = await make({ baseUrl: "https://nowhere.example.com" }).send(envelope, never());
    expect(reply).toMatchObject({ kind: "temporary", error: "unreachable" });
  });

  test("is an account by its key and its address, of which the name tells nothing", () => {
    const names = [make({}), make({ baseUrl: "https://eu.example.com" })].map(({ account }) => account?.name);
    expect(names[0]).toMatch(new RegExp(`^${name}-[0-9a-f]{12}$`));
    expect(names[0]).not.toBe(names[1]);
  });
});

describe("Postmark", () => {
  test("gets the stream that it was told", async () => {
    const box = await createBox();
    const options = { serverToken: KEYS.postmark, messageStream: "receipts", baseUrl: box.urlOf("postmark") };
    await postmark(options).send(envelope, never());
    const { requests } = await box.look();
    expect(JSON.parse(requests[0]?.body ?? "")).toMatchObject({ MessageStream: "receipts" });
  });
});

describe("SendGrid", () => {
  test("gets each address once, where it comes first: it refuses others", async () => {
    const box = await createBox();
    const provider = sendgrid({ apiKey: KEYS.sendgrid, baseUrl: box.urlOf("sendgrid") });
    const cc = ["ADA@example.com", "cc@example.com"];
    const bcc = ["Cc <cc@example.com>", "ada@example.com"];
    const reply = await provider.send({ ...envelope, cc, bcc }, never());
    expect(reply).toMatchObject({ kind: "accepted" });
    const { emails } = await box.look();
    expect(emails).toMatchObject([{ to: ["ada@example.com"], cc: ["cc@example.com"], bcc: [] }]);
  });
});

describe("SES", () => {
  test("gets names in encoded words of at most 75 characters, whole letters in each", async () => {
    const box = await createBox();
    const name = "Ünïted Nâtions of 山山山山山山山山山山山山山山山山 and 👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧";
    const options = { ...sesKey, baseUrl: box.urlOf("ses"), configurationSet: "outbox" };
    await ses(options).send({ ...envelope, to: [`"${name}" <ada@example.com>`] }, never());
    const { requests } = await box.look();
    const { Destination, ConfigurationSetName } = JSON.parse(requests[0]?.body ?? "");
    expect(ConfigurationSetName).toBe("outbox");
    const [printed] = Destination.ToAddresses;
    const words = printed.replace(/ <ada@example\.com>$/, "").split(" ");
    const read = (word: string) =>
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        Uint8Array.from(atob(/^=\?UTF-8\?B\?([^?]+)\?=$/.exec(word)?.[1] ?? "!"), (char) =>
          char.charCodeAt(0),
        ),
      );
    expect(words.map(read).join("")).toBe(name);
    expect(words.every((word: string) => word.length <= 75)).toBe(true);
  });

  test("is signed: another secret, region or byte is refused by the description's own rules", async () => {
    const box = await createBox();
    const baseUrl = box.urlOf("ses");
    const wrong = [{ secretAccessKey: "another" }, { region: "us-east-1" }, { accessKeyId: "AKIAANOTHER" }];
    for (const one of wrong) {
      const reply = await ses({ ...sesKey, ...one, baseUrl }).send(envelope, never());
      expect(reply).toMatchObject({ kind: "temporary", scope: "account", error: "InvalidSignature" });
    }
    await ses({ ...sesKey, baseUrl, sessionToken: "a session" }).send(envelope, never());
    const { requests, emails } = await box.look();
    expect(emails).toHaveLength(1);
    const { headers, body } = requests.at(-1) ?? { headers: {}, body: "" };
    expect(headers["x-amz-security-token"]).toBe("a session");
    const path = `${new URL(baseUrl).pathname}/v2/email/outbound-emails`;
    const signed = { method: "POST", path, headers, body };
    expect(refuseSignature(signed, KEYS.ses)).toBeUndefined();
    for (const other of [
      { body: `${body} ` },
      { path: `${path}/` },
      { headers: { ...headers, host: "x" } },
    ]) {
      expect(refuseSignature({ ...signed, ...other }, KEYS.ses)).toMatch(/does not match/);
    }
  });
});

describe("the providers that a setting may name", () => {
  test("make what the functions of an app make", () => {
    const made = (name: "postmark" | "ses", env: object) => emailProviders.create(name, env).account;
    expect(made("postmark", { POSTMARK_SERVER_TOKEN: "k" })).toEqual(postmark({ serverToken: "k" }).account);
    const given = { SES_ACCESS_KEY_ID: "AK", SES_SECRET_ACCESS_KEY: "s", SES_REGION: "eu-west-1" };
    const inCode = ses({ accessKeyId: "AK", secretAccessKey: "s", region: "eu-west-1" });
    expect(made("ses", given)).toEqual(inCode.account);
  });

  test("are an option of an outbox", () => {
    expect(() => createOutbox({ emailProviders })).not.toThrow();
  });
});

/** Unsubscribe links, asked as mail programs, browsers and scanners do, in an app without the API. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createUnsubscribe } from "../../src/create-unsubscribe.ts";
import { createOutbox, email, type OutboxEnv } from "../../src/index.ts";
import { ConfigError } from "../../src/platform/errors.ts";
import { secretKeys } from "../support/secrets/vaults.ts";

const lines: { event: string; [field: string]: unknown }[] = [];
const settings = {
  ...env,
  SECRET_KEYS: secretKeys("k1"),
  EMAIL_UNSUBSCRIBE_URL: "https://app.example.com/mail/u",
  LOG_LEVEL: "debug",
} as unknown as OutboxEnv;
const outbox = createOutbox<OutboxEnv>({
  createTenants: true,
  logger: (line) => void lines.push({ ...line }),
});
const unsubscribe = createUnsubscribe(outbox);
const lib = outbox(settings);

let tenant: string;
let link: string;

beforeEach(async () => {
  lines.length = 0;
  tenant = `t-${crypto.randomUUID()}`;
  await lib.tenants.create({ id: tenant, name: "Ada & <Sons>" });
  link = await linkFor();
});

const MAIL = { to: "ada@example.com", subject: "News", text: "News" };

async function linkFor(more: object = {}, of = tenant): Promise<string> {
  const { messages } = await lib.commit(of, { messages: [email({ ...MAIL, topic: "newsletter", ...more })] });
  const { payload } = await lib.messages.get(of, messages[0]?.id ?? "");
  return (payload as { unsubscribe: string }).unsubscribe;
}
const ask = (url: string, init: RequestInit = {}, more: object = {}) =>
  unsubscribe.fetch(new Request(url, { redirect: "manual", ...init }), { ...settings, ...more } as OutboxEnv);
const ONE_CLICK = {
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: "List-Unsubscribe=One-Click",
};
const post = (url = link, more: object = {}) => ask(url, ONE_CLICK, more);
const list = async (of = tenant) =>
  (await lib.unsubscribes.list(of)).data.map(({ address, topic, source }) => [address, topic, source]);
const OUT = ["ada@example.com", "newsletter", "link"];

describe("one click", () => {
  test("unsubscribes, as mail programs send it: a form, without cookies, answered at once, and as often as they like", async () => {
    for (const _ of [1, 2]) {
      const response = await post();
      expect(response.status).toBe(200);
      expect(response.headers.get("set-cookie")).toBeNull();
      expect(response.headers.get("location")).toBeNull();
      expect(await list()).toEqual([OUT]);
    }
  });

  test("unsubscribes whatever the body, or without one", async () => {
    const body = new FormData();
    body.set("List-Unsubscribe", "One-Click");
    expect((await ask(link, { method: "POST", body })).status).toBe(200);
    expect(await list()).toEqual([OUT]);
    const other = await linkFor({ topic: "offers" });
    expect((await ask(other, { method: "POST" })).status).toBe(200);
    expect(await list()).toEqual([OUT, ["ada@example.com", "offers", "link"]]);
  });

  test("opens nothing but its tenant, its address and its topic", async () => {
    const other = `t-${crypto.randomUUID()}`;
    for (const one of [await linkFor({ topic: "offers" }), await linkFor({ to: "grace@example.com" })])
      expect(one).not.toBe(link);
    await linkFor({}, other);
    await post();
    expect(await list()).toEqual([OUT]);
    expect(await list(other)).toEqual([]);
  });

  test("is not limited by the client's address, but by the recipient", async () => {
    const keys: string[] = [];
    const ADDRESS_RATE = {
      async limit({ key }: { key: string }) {
        keys.push(key);
        return { success: keys.length < 3 };
      },
    };
    expect((await ask(`${link}x`, ONE_CLICK, { ADDRESS_RATE })).status).toBe(404);
    expect((await ask(link, {}, { ADDRESS_RATE })).status).toBe(200);
    expect(keys).toEqual([]);
    for (const status of [200, 200, 429]) expect((await post(link, { ADDRESS_RATE })).status).toBe(status);
    expect(new Set(keys)).toEqual(new Set([`unsubscribe ${tenant} ada@example.com`]));
  });
});

describe("a link that is opened in a browser, or by a scanner", () => {
  test("changes nothing, and shows a page with a button that unsubscribes, and one that takes it back", async () => {
    for (const method of ["GET", "HEAD"]) expect((await ask(link, { method })).status).toBe(200);
    const page = await (await ask(link)).text();
    expect(await list()).toEqual([]);
    expect(page).toContain("no longer want e-mails of the kind “newsletter” from Ada &amp; &lt;Sons&gt;?");

    const press = async (html: string) => {
      const [, action = ""] = /<form method="post" action="([^"]*)">/.exec(html) ?? [];
      return (await ask(new URL(action, link).href, { method: "POST", body: new URLSearchParams() })).text();
    };
    const gone = await press(page);
    expect(gone).toContain("You get no more e-mails");
    expect(await list()).toEqual([OUT]);
    expect(await (await ask(link)).text()).toContain("You get no more e-mails");
    const back = await press(gone);
    expect(back).toContain("again");
    expect(await list()).toEqual([]);
    await press(back);
    expect(await list()).toEqual([OUT]);
  });

  test("has a policy under which nothing runs or loads, and is kept and told to nobody", async () => {
    const response = await ask(link);
    const { "content-security-policy": policy = "", ...headers } = Object.fromEntries(response.headers);
    const [, nonce = "?"] = /style-src 'nonce-([\w-]+)'/.exec(policy) ?? [];
    expect(policy).toBe(
      `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    );
    expect(await response.text()).toContain(`<style nonce="${nonce}">`);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-robots-tag": "noindex",
      "content-type": "text/html; charset=utf-8",
    });
  });

  test.each([
    [null, "en"],
    ["es-MX,es;q=0.9,en;q=0.8", "es"],
    ["en, es;q=0.9", "en"],
    ["de, fr;q=0.9", "en"],
    ["de, es;q=0.1", "es"],
    ["es;q=nonsense", "en"],
    ["es;q=0", "en"],
  ])("speaks, where the browser prefers %s, %s", async (accepted, language) => {
    const response = await ask(link, { headers: accepted === null ? {} : { "accept-language": accepted } });
    expect(response.headers.get("content-language")).toBe(language);
    expect(await response.text()).toContain(language === "es" ? "Darse de baja" : "Unsubscribe");
  });
});

describe("a link that does not work", () => {
  test("is 404, whatever is wrong with it, and leaves nothing behind", async () => {
    const last = link.length - 3;
    const forged = link.slice(0, last) + (link[last] === "A" ? "B" : "A") + link.slice(last + 1);
    for (const url of [
      forged,
      `${link}x`,
      "https://app.example.com/mail/u/",
      "https://app.example.com/mail/u/s1.k9.AAAA.AAAA",
    ]) {
      for (const init of [{}, ONE_CLICK]) {
        const response = await ask(url, init);
        expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("not valid")]);
      }
    }
    expect(await list()).toEqual([]);
  });

  test("is the one of a key that is lost, which the log names; one of a key that was rotated works", async () => {
    expect((await post(link, { SECRET_KEYS: secretKeys("k2") })).status).toBe(404);
    expect(lines).toContainEqual(
      expect.objectContaining({ event: "unsubscribe.refused", error: expect.stringContaining('"k1"') }),
    );
    expect(await list()).toEqual([]);
    expect((await post(link, { SECRET_KEYS: secretKeys("k2", "k1") })).status).toBe(200);
    expect(await list()).toEqual([OUT]);
  });

  test("is the one of a tenant that was deleted", async () => {
    await lib.tenants.delete(tenant);
    for (const init of [{}, ONE_CLICK]) expect((await ask(link, init)).status).toBe(404);
  });

  test("is to be tried again while the database does not answer, or a setting is wrong", async () => {
    const DB = {
      prepare: () => {
        throw new Error("D1_ERROR: Network connection lost.");
      },
    };
    for (const init of [{}, ONE_CLICK]) {
      const response = await ask(link, init, { DB });
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "60"]);
    }
    expect((await post(link, { SECRET_KEYS: "k1" })).status).toBe(500);
    expect(lines).toContainEqual(expect.objectContaining({ event: "unsubscribe.failed" }));
  });

  test("does not fill the log, however long it is", async () => {
    expect((await post(`https://app.example.com/mail/u/s1.${"k".repeat(7000)}.AAAA.AAAA`)).status).toBe(404);
    const told = lines.filter(({ event }) => event === "unsubscribe.refused");
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told).length).toBeLessThan(2000);
  });

  test("is asked by GET, HEAD and POST alone", async () => {
    const response = await ask(link, { method: "DELETE" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
  });
});

test("an outbox without the answers refuses a topic, and the answers are of an outbox alone", async () => {
  const alone = createOutbox<OutboxEnv>({ createTenants: true, logger: () => {} });
  await expect(
    alone(settings).commit(tenant, { messages: [email({ ...MAIL, topic: "newsletter" })] }),
  ).rejects.toThrow("messages[0].payload.topic: needs createApi or createUnsubscribe in this Worker");
  expect(() => createUnsubscribe(() => ({}))).toThrow(ConfigError);
  expect(() => outbox.checkSettings({ ...settings, EMAIL_UNSUBSCRIBE_URL: "app.example.com" })).toThrow(
    "EMAIL_UNSUBSCRIBE_URL must be the https URL",
  );
});

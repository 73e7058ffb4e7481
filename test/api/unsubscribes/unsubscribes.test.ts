/** Topics through the deployed Worker: an e-mail with a topic, its link, and the list of who has unsubscribed. */
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../support/runner/eventually.ts";
import { call, createTenant } from "../../support/worker/api.ts";

const MAIL = {
  to: "Ada@example.com",
  subject: "News",
  text: "No more: {{unsubscribe}}",
  topic: "newsletter",
};
const ONE_CLICK = {
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: "List-Unsubscribe=One-Click",
};

let tenant: { id: string; path: string };
let path: string;

beforeEach(async () => {
  tenant = await createTenant();
  path = `${tenant.path}/unsubscribes`;
});

const send = (more: object = {}) => call("POST", `${tenant.path}/emails`, { body: { ...MAIL, ...more } });
const read = async (id: string) => (await call("GET", `${tenant.path}/messages/${id}`)).body;
const settled = (id: string) =>
  eventually(async () => {
    const { deliveries } = await read(id);
    expect(deliveries[0].settledAt).not.toBeNull();
    return deliveries[0];
  });
const list = async (query = "") => (await call("GET", `${path}${query}`)).body.data;
const add = (address: string, topic: string) => call("PUT", path, { body: { address, topic } });

describe("an e-mail with a topic", () => {
  test("has a link that unsubscribes by one click, after which no more of them are sent", async () => {
    const { body } = await send();
    const { payload } = await read(body.id);
    expect(payload).toMatchObject({ topic: "newsletter", text: `No more: ${payload.unsubscribe}` });
    expect(payload.unsubscribe).toMatch(/^http:\/\/localhost\/u\/s1\.test\./);
    expect(await settled(body.id)).toMatchObject({ state: "delivered" });

    const page = await exports.default.fetch(payload.unsubscribe);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'nonce-/);
    expect(await list()).toEqual([]);
    const clicked = await exports.default.fetch(payload.unsubscribe, { ...ONE_CLICK, redirect: "manual" });
    expect([clicked.status, clicked.headers.get("set-cookie")]).toEqual([200, null]);
    expect(await list()).toEqual([
      {
        address: "ada@example.com",
        topic: "newsletter",
        source: "link",
        createdAt: expect.stringMatching(/Z$/),
      },
    ]);

    const later = (await send()).body.id;
    expect(await settled(later)).toMatchObject({ state: "cancelled", reason: "unsubscribed", attempts: [] });
    const transactional = (await send({ topic: null })).body.id;
    expect(await settled(transactional)).toMatchObject({ state: "delivered" });
  });

  test("is refused in the words of the field", async () => {
    const refused = await send({
      to: ["ada@example.com", "grace@example.com"],
      together: true,
      cc: "x@example.com",
    });
    expect(refused).toMatchObject({ status: 422, body: { code: "invalid_input" } });
    expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual(["to", "cc"]);
    expect(await send({ topic: "News" })).toMatchObject({
      status: 422,
      body: { errors: [{ path: "topic" }] },
    });
  });
});

describe("a link", () => {
  test("that was forged is 404, however often: a client's address is not held for it", async () => {
    const headers = { "cf-connecting-ip": "203.0.113.99" };
    for (let n = 0; n < 120; n++) {
      const response = await exports.default.fetch("http://localhost/u/s1.test.AAAA.AAAA", { headers });
      expect(response.status).toBe(404);
      await response.text();
    }
    const answered = await exports.default.fetch("http://localhost/docs", { headers });
    expect(answered.status).toBe(200);
    await answered.text();
  });

  test("of another method is told which ones there are", async () => {
    const response = await exports.default.fetch("http://localhost/u/x", { method: "PUT" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
    await response.text();
  });
});

describe("the list of unsubscribes", () => {
  test("is added to, read by address and topic in pages, and removed from", async () => {
    for (const topic of ["offers", "newsletter"]) {
      expect(await add("Ada <ADA@example.com>", topic)).toMatchObject({
        status: 200,
        body: { source: "by_request" },
      });
    }
    await add("grace@example.com", "newsletter");
    const pairs = (rows: { address: string; topic: string }[]) =>
      rows.map(({ address, topic }) => [address, topic]);
    const all = [
      ["ada@example.com", "newsletter"],
      ["ada@example.com", "offers"],
      ["grace@example.com", "newsletter"],
    ];
    expect(pairs(await list())).toEqual(all);
    expect(pairs(await list("?address=ada@example.com"))).toEqual(all.slice(0, 2));

    const paged: unknown[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const query: string = cursor && `&cursor=${cursor}`;
      const { body } = await call("GET", `${path}?limit=1${query}`);
      paged.push(...pairs(body.data));
      cursor = body.nextCursor;
    }
    expect(paged).toEqual(all);

    const one = `${path}?address=ada@example.com&topic=offers`;
    for (const _ of [1, 2]) expect((await call("DELETE", one)).status).toBe(204);
    expect(pairs(await list())).toEqual([all[0], all[2]]);
  });

  test("is each tenant's own, and refuses what is no address or topic", async () => {
    await add("ada@example.com", "newsletter");
    const other = await createTenant();
    expect((await call("GET", `${other.path}/unsubscribes`)).body.data).toEqual([]);
    expect(await add("ada", "newsletter")).toMatchObject({
      status: 422,
      body: { errors: [{ path: "address" }] },
    });
    expect(await add("ada@example.com", "A")).toMatchObject({
      status: 422,
      body: { errors: [{ path: "topic" }] },
    });
    expect(await call("DELETE", `${path}?address=ada@example.com`)).toMatchObject({ status: 422 });
    for (const method of ["GET", "PUT", "DELETE"]) {
      const query = method === "DELETE" ? "?address=ada@example.com&topic=a" : "";
      const body = method === "PUT" ? { body: { address: "ada@example.com", topic: "a" } } : {};
      const answer = await call(method, `/v1/tenants/nobody/unsubscribes${query}`, body);
      expect(answer).toMatchObject({ status: 404, body: { code: "tenant_not_found" } });
    }
  });
});

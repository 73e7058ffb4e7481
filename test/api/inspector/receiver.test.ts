import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createApi } from "../../../src/create-api.ts";
import { dashboard } from "../../../src/dashboard/dashboard.ts";
import type { Arrivals } from "../../../src/dashboard/inspector/answers.ts";
import { createOutbox, type OutboxEnv } from "../../../src/index.ts";
import { receiverLimits as limits } from "../../../src/platform/development-limits.ts";
import { call, createTenant } from "../../support/worker/api.ts";

const BASE = "http://outbox.test";
const RECEIVER = "/ui/dev/receiver";

const arrivals = async () => (await call<Arrivals>("GET", RECEIVER)).body;
const send = (name: string, init: RequestInit = {}) =>
  exports.default.fetch(`${BASE}${RECEIVER}/in/${name}`, { method: "POST", redirect: "manual", ...init });
const choose = (name: string, body: object) =>
  call("PUT", `${RECEIVER}/answers/${encodeURIComponent(name)}`, { body });

beforeEach(async () => {
  await call("DELETE", RECEIVER);
});

describe("the receiver", () => {
  test("keeps all of a request of any method, and shows the newest first", async () => {
    await send("first?a=1", { method: "GET" });
    await send("b/c", { body: '{"n":1}', headers: { "x-own": "own", cookie: "edge-outbox=1" } });
    const { data } = await arrivals();
    expect(data).toMatchObject([
      { name: "b/c", method: "POST", path: `${RECEIVER}/in/b/c`, bodyBytes: 7, answer: "200", status: 200 },
      { name: "first", method: "GET", path: `${RECEIVER}/in/first?a=1`, bodyBytes: 0, signature: null },
    ]);
    const { body } = await call("GET", `${RECEIVER}/${data[0]?.id}`);
    expect(body).toMatchObject({ ...data[0], body: '{"n":1}' });
    expect(body.headers).toContainEqual(["x-own", "own"]);
    // It would sign in whoever reads it.
    expect(JSON.stringify(body.headers)).not.toContain("cookie");
  });

  test.each([
    [{ answer: "200" }, 200, null],
    [{ answer: "500" }, 500, null],
    [{ answer: "410" }, 410, null],
    [{ answer: "429", seconds: 7 }, 429, "7"],
    [{ answer: "429" }, 429, "5"],
    [{ answer: "redirect" }, 302, null],
    [{ answer: "slow", seconds: 0 }, 200, null],
  ])("answers as %o says, by name", async (chosen, status, retryAfter) => {
    const name = crypto.randomUUID();
    expect((await choose(name, chosen)).status).toBe(200);
    const response = await send(name);
    expect([response.status, response.headers.get("retry-after")]).toEqual([status, retryAfter]);
    expect((await send(`${name}-other`)).status).toBe(200);
    const { data, answers } = await arrivals();
    expect(answers[name]).toMatchObject(chosen);
    expect(data.find((one) => one.name === name)).toMatchObject({ answer: chosen.answer, status });
  });

  test("shows a request at once to which it gives no answer, and others go on beside it", async () => {
    await choose("hangs", { answer: "never" });
    const gone = new AbortController();
    const hanging = send("hangs", { signal: gone.signal }).catch(() => undefined);
    await expect.poll(async () => (await arrivals()).data).toMatchObject([{ answer: "never", status: null }]);
    expect((await send("others")).status).toBe(200);
    gone.abort();
    await hanging;
  });

  test("lets only so many requests wait: the one that waits longest is answered then", async () => {
    await choose("hangs", { answer: "never" });
    const waiting = Array.from({ length: limits.waiting + 1 }, () => send("hangs"));
    const first = await Promise.race(waiting);
    expect(first.status).toBe(504);
    await choose("hangs", { answer: "200" });
    // As many more push out the rest.
    await choose("pushes", { answer: "slow", seconds: 1 });
    await Promise.all(Array.from({ length: limits.waiting }, () => send("pushes")));
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([504]));
  });

  test("keeps the newest requests, the beginning of each body, and the names chosen last", async () => {
    for (let n = 0; n <= limits.arrivals.most; n++) await send(`n${n}`);
    const { data } = await arrivals();
    expect(data).toHaveLength(limits.arrivals.most);
    expect(data.at(-1)?.name).toBe("n1");
    await send("long", { body: "é".repeat(limits.bodyBytes) });
    const [long] = (await arrivals()).data;
    expect(long?.bodyBytes).toBe(2 * limits.bodyBytes);
    const { body } = await call("GET", `${RECEIVER}/${long?.id}`);
    expect(body.body).toBe("é".repeat(limits.bodyBytes / 2));
    for (let n = 0; n <= limits.names; n++) await choose(`n${n}`, { answer: "500" });
    const { answers } = await arrivals();
    expect(Object.keys(answers)).toHaveLength(limits.names);
    expect(answers).not.toHaveProperty("n0");
  });

  test("forgets everything that has come, and keeps the answers that were chosen", async () => {
    await choose("stays", { answer: "410" });
    await send("stays");
    expect((await call("DELETE", RECEIVER)).status).toBe(204);
    expect(await arrivals()).toMatchObject({ data: [], answers: { stays: { answer: "410" } } });
  });

  test("refuses an answer that it does not know, by field", async () => {
    const { status, body } = await choose("a", { answer: "teapot", seconds: 121, more: 1 });
    expect([status, body.code]).toEqual([422, "invalid_input"]);
    const paths = body.errors.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(expect.arrayContaining(["answer", "seconds"]));
    expect((await call("GET", `${RECEIVER}/arr_none`)).status).toBe(404);
  });
});

describe("the data of the inspector", () => {
  const DATA = [
    ["GET", RECEIVER],
    ["DELETE", RECEIVER],
    ["GET", `${RECEIVER}/arr_1`],
    ["PUT", `${RECEIVER}/answers/a`],
    ["GET", "/ui/dev/mailbox"],
    ["DELETE", "/ui/dev/mailbox"],
    ["PUT", "/ui/dev/mailbox/plays"],
    ["GET", "/ui/dev/mailbox/eml_1"],
    ["GET", "/ui/dev/mailbox/latest"],
    ["POST", "/ui/dev/mailbox/eml_1/events"],
  ] as const;

  test.each(DATA)("%s %s takes an operator's token, and no other", async (method, path) => {
    const body = method === "PUT" ? { body: { answer: "200" } } : {};
    expect(await call(method, path, { token: null, ...body })).toMatchObject({ status: 401 });
    expect(await call(method, path, { token: "wrong", ...body })).toMatchObject({ status: 401 });
    const tenant = await createTenant();
    const issued = await call("POST", `${tenant.path}/tokens`, { body: { scopes: ["read", "manage"] } });
    const forbidden = await call(method, path, { token: issued.body.token, ...body });
    expect([forbidden.status, forbidden.body.code]).toEqual([403, "forbidden"]);
  });

  test.each(DATA)("%s %s takes no webhook", async (method, path) => {
    const body = method === "PUT" ? { body: { answer: "200" } } : {};
    const refused = await call(method, path, { headers: { "webhook-id": "msg_1" }, ...body });
    expect([refused.status, refused.body.code]).toEqual([508, "loop_detected"]);
  });

  test("stands at the addresses of its pages, which a browser opens", async () => {
    for (const path of [RECEIVER, "/ui/dev/mailbox"]) {
      const headers = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
      const { status, body } = await call("GET", path, { token: null, headers });
      expect(status).toBe(200);
      expect(body).toContain('data-environment="development"');
    }
  });

  test("and the receiver do not exist in production, and its pages say so", async () => {
    const api = createApi(createOutbox(), { dashboard: dashboard() });
    const production = {
      ...env,
      ENVIRONMENT: "production",
      ALLOW_LOOPBACK_ENDPOINTS: "false",
      EMAIL_DEV_ALLOW: "",
    };
    const fetchThere = (path: string, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${env.OPERATOR_TOKEN}`, ...init.headers };
      const request = new Request(`${BASE}${path}`, { ...init, headers });
      return api.fetch(request, production as unknown as OutboxEnv, createExecutionContext());
    };
    const text = { accept: "text/html" };
    const asked = [
      ...DATA.map(([method, path]) => fetchThere(path, { method })),
      fetchThere(`${RECEIVER}/in/hooks`, { method: "POST", headers: { "webhook-id": "msg_1" } }),
      fetchThere(RECEIVER, { headers: text }),
    ];
    for (const response of await Promise.all(asked)) {
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "route_not_found" });
    }
    expect(await (await fetchThere("/ui/")).text()).toContain('data-environment="production"');
  });
});

test.each(["/ui/", "/ui/session", "/ui/token", "/portal/", "/ui/t/acme"])(
  "no page takes a webhook: %s",
  async (path) => {
    const headers = { "webhook-id": "msg_1" };
    const { status, body } = await call("POST", path, { token: null, headers, text: "{}" });
    expect([status, body.code]).toEqual([508, "loop_detected"]);
  },
);

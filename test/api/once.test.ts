import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createVault } from "../../src/platform/vault.ts";
import { call, createTenant } from "../support/worker/api.ts";
import { apiWith } from "../support/worker/own-api.ts";

let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const hook = { channel: "webhook", url: "https://hooks.invalid/hook" };
const post = (path: string, key: string, body?: object) =>
  call("POST", `${tenant.path}/${path}`, { ...(body && { body }), headers: { "idempotency-key": key } });

async function countEndpoints(): Promise<number> {
  const { body } = await call("GET", `${tenant.path}/endpoints`);
  return body.data.length;
}

async function keyRows() {
  const { results } = await env.DB.prepare("SELECT * FROM outbox_request_keys WHERE tenant_id = ?")
    .bind(tenant.id)
    .all();
  return results;
}

describe("a request with an idempotency key", () => {
  test("happens once, and is answered each time as the first time, but for what is shown once", async () => {
    const first = await post("endpoints", "k", hook);
    const again = await post("endpoints", "k", hook);
    expect(first).toMatchObject({ status: 201, body: { secret: expect.stringMatching(/^whsec_/) } });
    const { secret: _secret, ...shown } = first.body;
    expect(again).toMatchObject({ status: 201 });
    expect(again.body).toEqual(shown);
    expect(first.headers.has("idempotent-replayed")).toBe(false);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(await countEndpoints()).toBe(1);
  });

  test("does not keep its answer where it can be read: it may hold a secret", async () => {
    const { body } = await post("endpoints", "k", hook);
    expect(JSON.stringify(await keyRows())).not.toContain(body.secret.slice(6));
  });

  test("twenty at once happen once; those that came too early for the answer say so", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post("endpoints", "k", hook)));
    expect(await countEndpoints()).toBe(1);
    for (const { status, body } of answers) {
      expect(status === 201 || (status === 409 && body.code === "request_unanswered")).toBe(true);
    }
    expect(await post("endpoints", "k", hook)).toMatchObject({ status: 201 });
  });

  test("with another body, or another path, is a conflict, and changes nothing", async () => {
    const { body: endpoint } = await post("endpoints", "k", hook);
    for (const answer of [
      await post("endpoints", "k", { ...hook, description: "another" }),
      await post(`endpoints/${endpoint.id}/disable`, "k"),
    ]) {
      expect(answer).toMatchObject({ status: 409, body: { code: "idempotency_conflict" } });
    }
    expect((await call("GET", `${tenant.path}/endpoints/${endpoint.id}`)).body.state).toBe("enabled");
    expect(await countEndpoints()).toBe(1);
  });

  test("leaves the key free for the corrected request, if it was refused", async () => {
    expect((await post("endpoints/ep_nobody/disable", "k")).status).toBe(404);
    expect(await keyRows()).toEqual([]);
    expect((await post("endpoints", "k", hook)).status).toBe(201);
  });

  test("for a tenant that is not there leaves nothing behind", async () => {
    const answer = await call("POST", "/v1/tenants/nobody/endpoints", {
      body: hook,
      headers: { "idempotency-key": "k" },
    });
    expect(answer).toMatchObject({ status: 404, body: { code: "tenant_not_found" } });
    const row = await env.DB.prepare("SELECT * FROM outbox_request_keys WHERE tenant_id = 'nobody'").first();
    expect(row).toBeNull();
  });

  test("does not rotate a secret twice, though two rotations without one would", async () => {
    const { body: endpoint } = await post("endpoints", "k", hook);
    const rotate = (key: string) => post(`endpoints/${endpoint.id}/secret/rotate`, key);
    const first = await rotate("r1");
    expect((await rotate("r1")).body).toMatchObject({ id: endpoint.id, updatedAt: first.body.updatedAt });
    expect((await rotate("r1")).body).not.toHaveProperty("secret");
    const second = await rotate("r2");
    expect(second.body.secret).toMatch(/^whsec_/);
    expect(second.body.secret).not.toBe(first.body.secret);
  });

  test("does not undo what came after it: a pause that is repeated late does not pause again", async () => {
    const { body: endpoint } = await post("endpoints", "k", hook);
    await post(`endpoints/${endpoint.id}/pause`, "p");
    await post(`endpoints/${endpoint.id}/resume`, "q");
    expect((await post(`endpoints/${endpoint.id}/pause`, "p")).body.state).toBe("paused");
    expect((await call("GET", `${tenant.path}/endpoints/${endpoint.id}`)).body.state).toBe("enabled");
  });

  test("replays once: the second time it answers how many there were", async () => {
    const { body: endpoint } = await post("endpoints", "k", hook);
    await post(`endpoints/${endpoint.id}/pause`, "p");
    const { body: message } = await post("messages", "m", { eventType: "a", payload: 1 });
    const delivery = `messages/${message.id}/deliveries/${endpoint.id}`;
    expect((await post(`${delivery}/cancel`, "c")).body).toEqual({ cancelled: 1 });
    expect((await post(`${delivery}/cancel`, "c")).body).toEqual({ cancelled: 1 });
    expect((await post(`${delivery}/replay`, "r")).body).toEqual({ matched: 1, replayed: 1 });
    await post(`messages/${message.id}/cancel`, "c2");
    expect((await post(`${delivery}/replay`, "r")).body).toEqual({ matched: 1, replayed: 1 });
    const { body } = await call("GET", `${tenant.path}/messages/${message.id}`);
    expect(body.deliveries).toMatchObject([{ state: "cancelled" }]);
  });

  test("is answered as the first time also where what it did would be a reason to refuse it now", async () => {
    const { body: endpoint } = await post("endpoints", "k", hook);
    await post(`endpoints/${endpoint.id}/pause`, "p");
    const { body: message } = await post("messages", "m", { eventType: "a", payload: 1 });
    const delivery = `messages/${message.id}/deliveries/${endpoint.id}`;
    await post(`${delivery}/cancel`, "c");
    const replay = () => post(`${delivery}/replay`, "r");
    expect(await replay()).toMatchObject({ status: 202, body: { replayed: 1 } });
    // It is under way now: without the key it would be refused.
    expect((await post(`${delivery}/replay`, "another")).status).toBe(409);
    expect(await replay()).toMatchObject({ status: 202, body: { replayed: 1 } });
    await call("DELETE", `${tenant.path}/endpoints/${endpoint.id}`);
    expect(await post(`endpoints/${endpoint.id}/pause`, "p")).toMatchObject({ status: 200 });
  });

  test("is answered as unknown if its answer was not kept, and does not happen again", async () => {
    await post("endpoints", "k", hook);
    await env.DB.prepare(
      "UPDATE outbox_request_keys SET status = NULL, answer = 'of a try that died' WHERE tenant_id = ?",
    )
      .bind(tenant.id)
      .run();
    expect(await post("endpoints", "k", hook)).toMatchObject({
      status: 409,
      body: { code: "request_unanswered" },
    });
    expect(await countEndpoints()).toBe(1);
  });

  test.each(["", "ä", "x".repeat(257)])("a key as %j is refused by the header's name", async (key) => {
    // A header's value is Latin 1.
    const answer = await post("endpoints", key, hook);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: "Idempotency-Key" }] } });
    expect(await countEndpoints()).toBe(0);
  });

  test("tenants share no keys", async () => {
    const other = await createTenant();
    const first = await post("endpoints", "k", hook);
    const second = await call("POST", `${other.path}/endpoints`, {
      body: hook,
      headers: { "idempotency-key": "k" },
    });
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
  });
});

describe("a repeated request", () => {
  test("is one without a body, with an empty one, and with nothing but defaults", async () => {
    const { body: endpoint } = await post("endpoints", "k", hook);
    const path = `${tenant.path}/endpoints/${endpoint.id}/secret/rotate`;
    const rotate = (text?: string) =>
      call("POST", path, { ...(text !== undefined && { text }), headers: { "idempotency-key": "r" } });
    const { secret: _secret, ...shown } = (await rotate()).body;
    for (const text of ["", "{}", " { } ", '{"overlapSeconds":null}']) {
      expect(await rotate(text), text).toMatchObject({ status: 200, body: shown });
    }
    expect(await rotate('{"overlapSeconds":60}')).toMatchObject({ status: 409 });
  });

  test("is one however its body is spelled", async () => {
    const send = (text: string) =>
      call("POST", `${tenant.path}/endpoints`, { text, headers: { "idempotency-key": "k" } });
    const first = await send('{"channel":"webhook","url":"https://hooks.invalid/","rateLimit":10}');
    const { secret: _secret, ...shown } = first.body;
    for (const text of [
      '{ "rateLimit": 10.0, "url": "https:\\/\\/hooks.invalid\\/", "channel": "webhook", "headers": null }',
      '{"channel":"webhook","rateLimit":1e1,"url":"https://hooks.invalid/"}',
    ]) {
      expect(await send(text), text).toMatchObject({ status: 201, body: shown });
    }
    expect(await countEndpoints()).toBe(1);
  });
});

describe("an answer that was kept", () => {
  const withVault = (keys: "with keys" | "without") => {
    const tools = keys === "without" ? { keyRing: undefined, vault: createVault(undefined) } : {};
    const send = apiWith(tools);
    const headers = { authorization: `Bearer ${env.OPERATOR_TOKEN}`, "idempotency-key": "p" };
    return (path: string) => send(`${tenant.path}/${path}`, { method: "POST", headers });
  };

  test("and is sealed under keys that are gone is not known", async () => {
    const first = await withVault("with keys")("pause");
    expect(first.status).toBe(200);
    const again = await withVault("without")("pause");
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ code: "request_unanswered" });
  });

  test("and was kept before there were keys is answered again", async () => {
    const first = await withVault("without")("pause");
    const again = await withVault("with keys")("pause");
    expect(again.status).toBe(200);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await again.json()).toEqual(await first.json());
  });
});

describe("an endpoint's ETag", () => {
  const at = (id: string) => `${tenant.path}/endpoints/${id}`;
  const patch = (id: string, etag: string, body: object) =>
    call("PATCH", at(id), { body, headers: { "if-match": etag } });

  test("names the version that a change builds on; a later change refuses the earlier one", async () => {
    const created = await post("endpoints", "k", hook);
    const { id } = created.body;
    const etag = created.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"\d+"$/);
    expect((await call("GET", at(id))).headers.get("etag")).toBe(etag);
    const changed = await patch(id, etag, { description: "mine" });
    expect(changed).toMatchObject({ status: 200, body: { description: "mine" } });
    expect(changed.headers.get("etag")).not.toBe(etag);
    expect(await patch(id, etag, { description: "yours" })).toMatchObject({
      status: 412,
      body: { code: "version_conflict" },
    });
    expect(await call("DELETE", at(id), { headers: { "if-match": etag } })).toMatchObject({ status: 412 });
    expect((await call("GET", at(id))).body.description).toBe("mine");
    expect((await patch(id, "*", { description: "anybody's" })).status).toBe(200);
    const last = (await call("GET", at(id))).headers.get("etag") ?? "";
    expect((await call("DELETE", at(id), { headers: { "if-match": last } })).status).toBe(204);
  });

  test("of ten changes at once that build on the same version, one is made", async () => {
    const created = await post("endpoints", "k", hook);
    const etag = created.headers.get("etag") ?? "";
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => patch(created.body.id, etag, { description: `${n}` })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(9);
  });

  test.each(["1", '"1', '"1" "2"', '"1", *', "W/1", 'w/"1"', ",", "'1'"])(
    "as %j is refused by the header's name",
    async (etag) => {
      const { body } = await post("endpoints", "k", hook);
      expect(await patch(body.id, etag, { description: "mine" })).toMatchObject({
        status: 422,
        body: { errors: [{ path: "If-Match" }] },
      });
    },
  );

  test("of an endpoint that is not there is not what is wrong with it", async () => {
    expect(await patch("ep_nobody", '"1"', {})).toMatchObject({ status: 404 });
  });
});

test("the refusal for a lost answer names no secret", async () => {
  const log = vi.spyOn(console, "log");
  const { body } = await post("endpoints", "k", hook);
  expect(JSON.stringify(log.mock.calls)).not.toContain(body.secret);
  log.mockRestore();
});

/*
 * Setup: D1 carries out what an endpoint's owner asks for, and its answer is lost.
 * What this proves: what is due then is not left to the sweep; reading wakes nobody.
 */
test.each([
  ["POST", "enable", [true]],
  ["PATCH", "", [true]],
  ["POST", "replay", [true]],
  ["GET", "deliveries", []],
])("a request whose answer D1 loses wakes the relay all the same: %s …/%s", async (method, action, wakes) => {
  const { body: endpoint } = await post("endpoints", "k", hook);
  const woken: string[] = [];
  const lost = async () => {
    throw new Error("D1_ERROR: Network connection lost.");
  };
  const batch = (statements: D1PreparedStatement[]) => env.DB.batch(statements).then(lost);
  const api = apiWith({
    db: { prepare: (query) => env.DB.prepare(query), batch },
    wake: (id) => void woken.push(id),
  });
  const headers = { authorization: `Bearer ${env.OPERATOR_TOKEN}`, "content-type": "application/json" };
  const texts: Record<string, string> = {
    "": '{"rateLimit":1}',
    replay: '{"since":"2026-01-01T00:00:00Z"}',
  };
  const own = `${tenant.path}/endpoints/${endpoint.id}${action && `/${action}`}`;
  const path = method === "GET" ? `${tenant.path}/${action}` : own;
  const response = await api(path, { method, headers, ...(texts[action] && { body: texts[action] }) });
  expect(response.status).toBe(503);
  expect(woken.map((id) => id === tenant.id)).toEqual(wakes);
});

test("a refusal that has words of D1 in it, the caller's own, wakes nobody", async () => {
  const woken: string[] = [];
  const api = apiWith({ wake: (id) => void woken.push(id) });
  const headers = { authorization: `Bearer ${env.OPERATOR_TOKEN}` };
  for (const path of ["/v1/tenants/it%20timed%20out", `${tenant.path}/endpoints/it%20timed%20out`]) {
    expect((await api(path, { method: "DELETE", headers })).status).toBe(404);
  }
  expect(woken).toEqual([]);
});

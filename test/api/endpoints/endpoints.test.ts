import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/platform/limits.ts";
import { call, createTenant } from "../../support/worker/api.ts";

/** Nobody is there: the name cannot resolve (RFC 6761). */
const url = "https://hooks.invalid/hook";
let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const createEndpoint = (body: object = {}) =>
  call("POST", `${tenant.path}/endpoints`, { body: { channel: "webhook", url, ...body } });

describe("endpoints", () => {
  test("show their secret when they are created and when it is rotated, and never else", async () => {
    const created = await createEndpoint({
      eventTypes: ["order.placed"],
      headers: { "x-team": "blue" },
      retrySchedule: [1, 2],
    });
    expect(created).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^ep_/),
        state: "enabled",
        url,
        eventTypes: ["order.placed"],
        headers: { "x-team": "blue" },
        retrySchedule: [1, 2],
        secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      },
    });
    const path = `${tenant.path}/endpoints/${created.body.id}`;
    const read = await call("GET", path);
    expect(read.body).not.toHaveProperty("secret");
    const rotated = await call("POST", `${path}/secret/rotate`);
    expect(rotated.body.secret).toMatch(/^whsec_/);
    expect(rotated.body.secret).not.toBe(created.body.secret);
    const patched = await call("PATCH", path, { body: { description: "mine", eventTypes: null } });
    expect(patched.body).toMatchObject({ description: "mine", eventTypes: null, url });
    expect(patched.body).not.toHaveProperty("secret");
  });

  test("of the channel e-mail have an address, and no secret", async () => {
    const { body } = await call("POST", `${tenant.path}/endpoints`, {
      body: { channel: "email", address: "ops@example.com" },
    });
    expect(body).toMatchObject({ channel: "email", address: "ops@example.com" });
    expect(body).not.toHaveProperty("secret");
    const rotate = await call("POST", `${tenant.path}/endpoints/${body.id}/secret/rotate`);
    expect(rotate).toMatchObject({ status: 422, body: { detail: "Only webhook endpoints have a secret." } });
  });

  test("have an order, statuses to give up on, a payload format and limits; null takes them back", async () => {
    const limited = { rateLimit: 0.5, maxConcurrency: 4 };
    const options = { order: "strict", giveUpOn: [404, 422], payloadFormat: "raw", ...limited };
    const well = { failingSince: null, heldUntil: null };
    const unlimited = { rateLimit: null, maxConcurrency: null };
    const none = { order: "lenient", giveUpOn: null, payloadFormat: "standard", ...unlimited, ...well };
    const created = await createEndpoint(options);
    expect(created).toMatchObject({ status: 201, body: { ...none, ...options } });
    const path = `${tenant.path}/endpoints/${created.body.id}`;
    expect((await call("GET", path)).body).toMatchObject(options);
    const back = { order: null, giveUpOn: null, payloadFormat: null, ...unlimited };
    expect((await call("PATCH", path, { body: back })).body).toMatchObject(none);
    expect((await createEndpoint()).body).toMatchObject(none);
  });

  test("of the channel e-mail have an order and a rate limit, but no statuses to give up on and no payload format", async () => {
    const body = { channel: "email", address: "ops@example.com", order: "strict", rateLimit: 10 };
    const created = await call("POST", `${tenant.path}/endpoints`, { body });
    expect(created).toMatchObject({
      status: 201,
      body: { order: "strict", rateLimit: 10, giveUpOn: null, payloadFormat: null },
    });
    const path = `${tenant.path}/endpoints/${created.body.id}`;
    for (const answer of [
      await call("POST", `${tenant.path}/endpoints`, { body: { ...body, giveUpOn: [404] } }),
      await call("PATCH", path, { body: { giveUpOn: [404] } }),
      await call("POST", `${tenant.path}/endpoints`, { body: { ...body, payloadFormat: "raw" } }),
      await call("PATCH", path, { body: { payloadFormat: "raw" } }),
    ]) {
      expect(answer).toMatchObject({ status: 422, body: { code: "invalid_input" } });
    }
  });

  test("are disabled, enabled and deleted", async () => {
    const { body } = await createEndpoint();
    const path = `${tenant.path}/endpoints/${body.id}`;
    expect((await call("POST", `${path}/disable`)).body).toMatchObject({
      state: "disabled",
      stateReason: "by_request",
    });
    expect((await call("POST", `${path}/enable`)).body).toMatchObject({
      state: "enabled",
      stateReason: null,
    });
    expect((await call("DELETE", path)).status).toBe(204);
    expect(await call("GET", path)).toMatchObject({ status: 404, body: { code: "endpoint_not_found" } });
    expect((await call("POST", `${path}/enable`)).status).toBe(404);
  });

  test("are listed newest first, in pages, without the built-in one", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift((await createEndpoint()).body.id);
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await call("GET", `${tenant.path}/endpoints?limit=2${cursor}`);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : "";
    } while (cursor);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(new Set(seen).size).toBe(5);
  });

  test("are listed apart from the built-in ones, and with their health in pages of 25 at most", async () => {
    const { path } = await createTenant();
    const { id } = (await call("POST", `${path}/endpoints`, { body: { channel: "webhook", url } })).body;
    const { data } = (await call("GET", `${path}/endpoints?builtIn=true`)).body;
    expect(data).toMatchObject([{ id: "ep_email", builtIn: true }]);
    expect(data[0]).not.toHaveProperty("health");
    const listed = (await call("GET", `${path}/endpoints?with=health&limit=100`)).body;
    expect(listed.data).toMatchObject([
      {
        id,
        health: {
          state: "enabled",
          breaker: { state: "closed", until: null },
          failing: null,
          waiting: { count: 0, capped: false },
          lastDay: { delivered: 0, retried: 0, dead: 0 },
          hours: [],
        },
      },
    ]);
    for (let n = 0; n < limits.healthPageSize; n++)
      await call("POST", `${path}/endpoints`, { body: { channel: "webhook", url } });
    const page = (await call("GET", `${path}/endpoints?with=health&limit=100`)).body;
    expect(page.data).toHaveLength(limits.healthPageSize);
    expect(page.nextCursor).not.toBeNull();
    await call("POST", `${path}/pause`);
    const paused = (await call("GET", `${path}/endpoints?with=health&limit=1`)).body.data[0];
    expect([paused.state, paused.health.state]).toEqual(["enabled", "paused"]);
  });

  test("the built-in one is there to be read and disabled, but not deleted or turned into something else", async () => {
    const path = `${tenant.path}/endpoints/ep_email`;
    expect((await call("GET", path)).body).toMatchObject({ builtIn: true, address: null, channel: "email" });
    expect((await call("DELETE", path)).status).toBe(422);
    expect((await call("PATCH", path, { body: { eventTypes: ["a"] } })).status).toBe(422);
  });

  test.each([
    [{ url: "nowhere" }, "url"],
    [{ url: "http://example.com" }, "url"],
    [{ url: "https://10.0.0.1/" }, "url"],
    [{ url: 7 }, "url"],
    [{ channel: "pigeon" }, "channel"],
    [{ eventTypes: [] }, "eventTypes"],
    [{ eventTypes: "order.placed" }, "eventTypes"],
    [{ eventTypes: ["order.*"] }, "eventTypes[0]"],
    [{ headers: { "webhook-id": "x" } }, "headers.webhook-id"],
    [{ headers: { "x-a": "a\r\nb: c" } }, "headers.x-a"],
    [{ retrySchedule: [-1] }, "retrySchedule[0]"],
    [{ order: "loose" }, "order"],
    [{ giveUpOn: [] }, "giveUpOn"],
    [{ giveUpOn: [200] }, "giveUpOn[0]"],
    [{ giveUpOn: [404, 410] }, "giveUpOn[1]"],
    [{ giveUpOn: [404.5] }, "giveUpOn[0]"],
    [{ payloadFormat: "none" }, "payloadFormat"],
    [{ payloadFormat: true }, "payloadFormat"],
    [{ rateLimit: 0 }, "rateLimit"],
    [{ rateLimit: 1001 }, "rateLimit"],
    [{ rateLimit: "10" }, "rateLimit"],
    [{ maxConcurrency: 0 }, "maxConcurrency"],
    [{ maxConcurrency: 401 }, "maxConcurrency"],
    [{ maxConcurrency: 2.5 }, "maxConcurrency"],
    [{ maxConcurrency: "2" }, "maxConcurrency"],
    [{ colour: "red" }, ""],
    [{ address: "a@example.com" }, ""],
  ])("%j is refused, by the field's name", async (change, path) => {
    const { status, body } = await createEndpoint(change);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "invalid_input", errors: [{ path }] });
  });

  test("a change that does not fit the channel is refused", async () => {
    const { body } = await createEndpoint();
    const change = await call("PATCH", `${tenant.path}/endpoints/${body.id}`, {
      body: { address: "a@example.com" },
    });
    expect(change).toMatchObject({ status: 422, body: { errors: [{ path: "address" }] } });
  });
});

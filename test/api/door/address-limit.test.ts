import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import type { ApiTools } from "../../../src/api/context.ts";
import { addressOf } from "../../../src/api/door/address-limit.ts";
import { DoorMemory } from "../../../src/api/door/door-memory.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { ExpiringMap } from "../../../src/platform/expiring-map.ts";
import { limits } from "../../../src/platform/limits.ts";
import { readOperatorTokens } from "../../../src/platform/operator-tokens.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { expectConformity } from "../../support/worker/conformity.ts";
import { apiWith } from "../../support/worker/own-api.ts";

const MINUTE = limits.apiPeriodSeconds * 1000;

/** An API whose limit lets an address pass so many times; its clock stands until it is moved. */
function doorThatAllows(most: number, tools: Partial<ApiTools> = {}) {
  const seen = new Map<string, number>();
  const limit = vi.fn(async ({ key }: { key: string }) => {
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return { success: (seen.get(key) ?? 0) <= most };
  });
  const log = vi.fn();
  const time = { now: Date.now() };
  const clock = { ...systemClock, now: () => time.now };
  const send = apiWith({ rateLimits: { ADDRESS_RATE: { limit } }, log, clock, ...tools });
  const get = (path: string, token: string | undefined, address: string | undefined = "203.0.113.7") =>
    send(path, {
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(address && { "cf-connecting-ip": address }),
      },
    });
  return { get, limit, log, time };
}

async function tokenOf(path: string): Promise<string> {
  return (await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } })).body.token;
}

describe("an address that guesses", () => {
  test("is answered 429 from its limit on, and a token that could be guessed is let in no more", async () => {
    const { path } = await createTenant();
    const { get, limit, log, time } = doorThatAllows(3);
    const statuses = [];
    for (let guess = 0; guess < 6; guess++) statuses.push((await get(path, `guess-${guess}`)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    // Known by then: nobody is asked.
    expect(limit).toHaveBeenCalledTimes(4);
    const right = await get(path, env.OPERATOR_TOKEN);
    expect(right.status).toBe(429);
    expect(right.headers.get("retry-after")).toBe(String(limits.apiPeriodSeconds));
    expect(right.headers.has("www-authenticate")).toBe(false);
    expect(await right.json()).toMatchObject({ code: "rate_limited" });
    const held = log.mock.calls.filter(([event]) => event === "address.held");
    expect(held).toEqual([["address.held", expect.objectContaining({ address: "203.0.113.7" })]]);
    time.now += MINUTE;
    expect((await get(path, env.OPERATOR_TOKEN)).status).toBe(200);
  });

  test("keeps out no operator whose token is too long for any guesser", async () => {
    const { path } = await createTenant();
    const [long, short] = ["n".repeat(32), "n".repeat(31)].map((token) => `a:read:${token}`);
    const operatorTokens = readOperatorTokens(`${long},${short}`);
    const { get } = doorThatAllows(0, { operatorTokens });
    const statuses = [];
    for (const token of ["a guess", "n".repeat(32), "n".repeat(31), "n".repeat(33), undefined]) {
      statuses.push((await get(path, token)).status);
    }
    expect(statuses).toEqual([429, 200, 429, 429, 429]);
  });

  test("keeps out no tenant whose token is valid, and nobody at another address", async () => {
    const { path } = await createTenant();
    const token = await tokenOf(path);
    const { get } = doorThatAllows(0);
    expect((await get(path, "a guess")).status).toBe(429);
    expect((await get(path, token)).status).toBe(200);
    expect((await get(path, env.OPERATOR_TOKEN, "203.0.113.8")).status).toBe(200);
  });

  test("is not counted for what is right", async () => {
    const { path } = await createTenant();
    const { get, limit } = doorThatAllows(1);
    for (let tries = 0; tries < 3; tries++) expect((await get(path, env.OPERATOR_TOKEN)).status).toBe(200);
    expect(limit).not.toHaveBeenCalled();
  });

  test.each([
    ["no token", undefined],
    ["half a token", "eot-eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."],
  ])("is counted for %s, too", async (_, token) => {
    const { path } = await createTenant();
    const { get } = doorThatAllows(1);
    expect([(await get(path, token)).status, (await get(path, token)).status]).toEqual([401, 429]);
  });

  test("is counted for a token that was revoked", async () => {
    const { path } = await createTenant();
    const { body } = await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } });
    await call("DELETE", `${path}/tokens/${body.id}`);
    const { get } = doorThatAllows(2);
    const statuses = [];
    for (let tries = 0; tries < 4; tries++) statuses.push((await get(path, body.token)).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
  });
});

test("a 429 of /health is as the document says", async () => {
  const { get } = doorThatAllows(0);
  const answer = await get("/health", undefined);
  expectConformity("GET", "http://outbox.test/health", answer, await answer.clone().text());
});

describe("requests without a token", () => {
  test.each(["/health", "/docs", "/docs/style.css", "/openapi.json", "/nowhere"])(
    "is braked by address: %s",
    async (path) => {
      const { get, limit } = doorThatAllows(1);
      expect((await get(path, undefined)).status).not.toBe(429);
      expect((await get(path, undefined)).status).toBe(429);
      expect((await get(path, undefined)).status).toBe(429);
      expect(limit).toHaveBeenCalledTimes(2);
      expect((await get(path, undefined, "203.0.113.8")).status).not.toBe(429);
    },
  );

  test("is not where no address is told, as on one's own machine", async () => {
    const { get, limit } = doorThatAllows(0);
    expect((await get("/docs", undefined, "")).status).toBe(200);
    expect(limit).not.toHaveBeenCalled();
  });
});

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
  ["nonsense", undefined],
  ["", undefined],
])("the address %j counts as %j", (given, counted) => {
  expect(addressOf(new Headers({ "cf-connecting-ip": given }))).toBe(counted);
});

test("a rate limit that a Worker lacks is told once", () => {
  const log = vi.fn();
  const limit = { limit: async () => ({ success: true }) };
  const memory = new DoorMemory();
  memory.tellMissing({}, log);
  memory.tellMissing({}, log);
  expect(log.mock.calls).toEqual([["rate_limit.missing", { bindings: ["API_RATE", "ADDRESS_RATE"] }]]);
  new DoorMemory().tellMissing({ API_RATE: limit, ADDRESS_RATE: limit }, log);
  expect(log).toHaveBeenCalledTimes(1);
});

test("the memory of addresses has an end, and a bound", () => {
  const map = new ExpiringMap<number>(2);
  map.set("a", 1, 10, 0);
  expect([map.get("a", 9), map.get("a", 10)]).toEqual([1, undefined]);
  map.set("b", 2, 20, 0);
  map.set("c", 3, 20, 10);
  expect([map.get("b", 10), map.get("c", 10)]).toEqual([2, 3]);
  map.set("d", 4, 20, 10);
  expect([map.get("b", 10), map.get("c", 10), map.get("d", 10)]).toEqual([undefined, undefined, 4]);
});

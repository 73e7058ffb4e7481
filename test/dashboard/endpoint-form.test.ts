import { describe, expect, test } from "vitest";
import {
  bodyOf,
  changeOf,
  differing,
  formOf,
  moves,
  NEW,
  scheduleOf,
  secondsOf,
} from "../../src/dashboard/browser/pages/endpoint/form.ts";
import type { Endpoint } from "../../src/dashboard/browser/pages/endpoint/paths.ts";
import { typesOf, typeTree } from "../../src/dashboard/browser/pages/endpoint/type-tree.ts";

const webhook: Endpoint = {
  id: "ep_1",
  channel: "webhook",
  url: "https://example.com/webhooks",
  builtIn: false,
  state: "enabled",
  stateReason: null,
  eventTypes: ["order.placed"],
  description: "Warehouse",
  headers: { "x-team": "blue", "x-ratio": "1:2" },
  secretHeaders: ["authorization"],
  retrySchedule: [5, 300, 5400, 86_400],
  order: "strict",
  giveUpOn: [404, 422],
  payloadFormat: "raw",
  rateLimit: 2.5,
  maxConcurrency: null,
  secretSetAt: null,
  earlierSecretsEndAt: [],
  failingSince: null,
  heldUntil: null,
  createdAt: "2026-11-30T00:00:00.000Z",
  updatedAt: "2026-11-30T00:00:00.000Z",
};

describe("the form of an endpoint", () => {
  test("has all of its settings, and changes none by itself", () => {
    const form = formOf(webhook);
    expect(form).toMatchObject({
      target: "https://example.com/webhooks",
      headers: "x-team: blue\nx-ratio: 1:2",
      secretHeaders: "",
      retries: "own",
      waits: "5s 5m 90m 1d",
      giveUpOn: "404, 422",
      rateLimit: "2.5",
      maxConcurrency: "",
    });
    expect(differing(form, formOf(webhook))).toEqual([]);
    expect(changeOf(form, [])).toEqual({});
  });

  test.each([
    ["description", { description: "" }, { description: null }],
    ["headers", { headers: " x-team : red \n\n" }, { headers: { "x-team": "red" } }],
    ["no headers", { headers: "\n" }, { headers: null }],
    ["no retries", { retries: "none" }, { retrySchedule: [] }],
    ["the outbox's own retries", { retries: "default" }, { retrySchedule: null }],
    ["waits without units", { waits: "10, 2h" }, { retrySchedule: [10, 7200] }],
    ["all event types", { eventTypes: null }, { eventTypes: null }],
    ["a limit", { maxConcurrency: "4" }, { maxConcurrency: 4 }],
    ["no limit", { rateLimit: "" }, { rateLimit: null }],
  ] as const)("writes only what differs: %s", (_, change, body) => {
    const form = { ...formOf(webhook), ...change };
    expect(changeOf(form, differing(form, formOf(webhook)))).toEqual(body);
  });

  test("leaves what it cannot read to the API, whose words say what is wrong", () => {
    const form = { ...formOf(webhook), waits: "5s soon", rateLimit: "fast", giveUpOn: "404 4xx" };
    expect(changeOf(form, differing(form, formOf(webhook)))).toEqual({
      retrySchedule: [5, "soon"],
      rateLimit: "fast",
      giveUpOn: [404, "4xx"],
    });
    expect(bodyOf({ ...NEW, target: "https://example.com/", headers: "no colon" })).toMatchObject({
      headers: { "no colon": "" },
    });
  });

  test("sets secret headers, takes them away, or leaves them", () => {
    const form = formOf(webhook);
    const secret = "authorization: Bearer a:b";
    expect(changeOf({ ...form, secretHeaders: secret }, [])).toEqual({
      secretHeaders: { authorization: "Bearer a:b" },
    });
    expect(changeOf({ ...form, dropsSecretHeaders: true }, [])).toEqual({ secretHeaders: null });
    expect(changeOf(form, ["order"])).toEqual({ order: "strict" });
  });

  test("of a new endpoint names no defaults but the two that the API has words for", () => {
    expect(bodyOf({ ...NEW, target: " https://example.com/ " })).toEqual({
      channel: "webhook",
      url: "https://example.com/",
      order: "lenient",
      payloadFormat: "standard",
    });
    expect(bodyOf({ ...NEW, channel: "email", target: "ops@example.com", headers: "x-a: b" })).toEqual({
      channel: "email",
      address: "ops@example.com",
      order: "lenient",
    });
  });

  test.each([
    ["https://example.com/other", false],
    ["https://EXAMPLE.com:443/webhooks", false],
    ["http://example.com/webhooks", true],
    ["https://example.com:8443/webhooks", true],
    ["not yet a URL", false],
  ])("moves to another origin by %s: %s", (target, isMove) => {
    expect(moves({ ...formOf(webhook), target }, formOf(webhook))).toBe(isMove);
  });

  test("asks nothing about signing where a chat moves, whose URL is its only secret", () => {
    const base = { ...formOf(webhook), payloadFormat: "slack", target: "https://hooks.slack.com/…0f0f0f" };
    const form = { ...base, target: "https://elsewhere.example/services/x" };
    expect(moves(form, base)).toBe(false);
    expect(changeOf(form, differing(form, base))).toEqual({ url: "https://elsewhere.example/services/x" });
    expect(changeOf(base, differing(base, { ...base }))).toEqual({});
  });
});

test.each([
  ["5", 5],
  ["1.5h", 5400],
  ["0", 0],
  [" 2d ", 172_800],
  ["5 minutes", "5 minutes"],
  ["-1s", "-1s"],
])("a time as %s is %s", (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

test("a schedule is drawn only if each wait is read", () => {
  expect(scheduleOf({ ...NEW, retries: "own", waits: "5s 5m" })).toEqual([5, 300]);
  expect(scheduleOf({ ...NEW, retries: "default", waits: "5s" })).toBeNull();
});

test("event types stand in a tree of their words, each once, with those that are types themselves", () => {
  const tree = typeTree(["order.shipped.partly", "order.placed", "order", "ping", "order.shipped"]);
  expect(tree.map(({ path, isType }) => [path, isType])).toEqual([
    ["order", true],
    ["ping", true],
  ]);
  const [order] = tree;
  expect(order?.under.map(({ path }) => path)).toEqual(["order.placed", "order.shipped"]);
  expect(order && typesOf(order)).toEqual(["order", "order.placed", "order.shipped", "order.shipped.partly"]);
});

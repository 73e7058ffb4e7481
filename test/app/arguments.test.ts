import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { event, OutboxError } from "../../src/index.ts";
import { type Env, outbox } from "./app.ts";

/** Arguments that TypeScript would refuse, of an app that does without it: each is refused by its name. */

const tenant = `t-${crypto.randomUUID()}`;
const typed = outbox(env as unknown as Env);
/** The same, without types. */
const lib = typed as unknown as Record<string, Record<string, (...given: unknown[]) => Promise<unknown>>>;
const messages = [event("order.placed", { id: "1" })];
let hook: string;

beforeAll(async () => {
  await typed.tenants.create({ id: tenant });
  hook = (await typed.endpoints.create(tenant, { channel: "webhook", url: "https://example.com/" })).id;
});

async function refused(act: Promise<unknown>, path: string, message: RegExp): Promise<void> {
  const error = await act.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(OutboxError);
  expect((error as OutboxError).failure).toEqual({
    code: "invalid_input",
    fields: [{ path, message: expect.stringMatching(message) }],
  });
}

/** Arguments that come before the one that is wrong, and its name. */
const IDS: Record<string, Record<string, [before: unknown[], name: string][]>> = {
  tenants: each("get update delete pause resume stats now", [[], "tenantId"]),
  tokens: {
    ...each("create list", [[], "tenantId"]),
    ...each("get revoke", [[], "tenantId"], [[tenant], "tokenId"]),
    ...each("revokeSession", [[], "tenantId"], [[tenant], "sessionId"]),
  },
  portalLinks: each("create", [[], "tenantId"]),
  eventTypes: {
    ...each("create list", [[], "tenantId"]),
    ...each("get update delete", [[], "tenantId"], [[tenant], "name"]),
  },
  endpoints: {
    ...each("create list", [[], "tenantId"]),
    ...each(
      "get update delete rotateSecret test enable disable pause resume replay retry skip",
      [[], "tenantId"],
      [[tenant], "endpointId"],
    ),
  },
  messages: {
    ...each("list", [[], "tenantId"]),
    ...each("get cancel", [[], "tenantId"], [[tenant], "messageId"]),
  },
  emails: each("list", [[], "tenantId"]),
  deliveries: each("list", [[], "tenantId"]),
  suppressions: each("list put lift", [[], "tenantId"]),
  unsubscribes: each("list put remove", [[], "tenantId"]),
  deadLetters: each("list groups replay dismiss", [[], "tenantId"]),
  failures: each("list groups", [[], "tenantId"]),
  blockedKeys: each("list deliveries", [[], "tenantId"]),
  audit: each("list", [[], "tenantId"]),
};

function each(names: string, ...cases: [before: unknown[], name: string][]) {
  return Object.fromEntries(names.split(" ").map((name) => [name, cases]));
}

describe("an id that is none", () => {
  const all = Object.entries(IDS).flatMap(([group, operations]) =>
    Object.entries(operations).flatMap(([operation, cases]) =>
      cases.map(([before, name]): [string, string, string, unknown[]] => [group, operation, name, before]),
    ),
  );

  test.each(all)("is refused by %s.%s, as %s", async (group, operation, name, before) => {
    for (const id of [undefined, null, 7, {}, Symbol.iterator, ["a"]]) {
      await refused(
        lib[group]?.[operation]?.(...before, id) ?? Promise.resolve(),
        name,
        /^(is required|must be text)/,
      );
    }
  });

  test("is asked for by every operation that is told one", () => {
    const without = ["tenants.create", "tenants.list", "audit.listOfAll"];
    const named = ["get", "attempts", "cancel", "replay", "retry", "skip", "dismiss"];
    const known = Object.entries(IDS).flatMap(([group, of]) =>
      Object.keys(of).map((name) => `${group}.${name}`),
    );
    const there = Object.entries(lib).flatMap(([group, of]) =>
      Object.keys(of).map((name) => `${group}.${name}`),
    );
    expect([...known, ...without, ...named.map((name) => `deliveries.${name}`)].toSorted()).toEqual(
      there.toSorted(),
    );
  });

  test.each(["get", "attempts", "cancel", "replay", "retry", "skip", "dismiss"])(
    "is refused by deliveries.%s",
    async (operation) => {
      const act = (...given: unknown[]) => lib["deliveries"]?.[operation]?.(...given) ?? Promise.resolve();
      await refused(act(tenant, { messageId: "msg_1", endpointId: 7 }), "endpointId", /^must be text/);
      await refused(act(tenant, { endpointId: "ep_1" }), "messageId", /^is required/);
      await refused(act(undefined, { messageId: "msg_1", endpointId: "ep_1" }), "tenantId", /^is required/);
      await refused(act(tenant, null), "", /^must be an object, and not null/);
    },
  );

  test.each([undefined, null, 7, {}])(
    "is refused by a commit, which makes no tenant of it: %o",
    async (id) => {
      await refused(typed.commit(id as never, { messages }), "tenantId", /^(is required|must be text)/);
    },
  );

  test.each(["", "BAD ID", "x".repeat(65)])(
    "of a tenant that is to be made is refused by its name: %j",
    async (id) => {
      await refused(typed.commit(id, { messages }), "tenantId", /^must be 1 to 64 of/);
    },
  );
});

test.each([undefined, null, 7, "messages"])("a commit that is none is refused: %o", async (request) => {
  await refused(typed.commit(tenant, request as never), "request", /^must be an object/);
});

describe("a condition that is none is refused, and nothing is changed", () => {
  test.each<[unknown, string, RegExp]>([
    [{ ifMatch: 99 }, "condition", /^Unknown field: "ifMatch"/],
    [null, "condition", /^must be an object, and not null/],
    [1, "condition", /^must be an object, and not a number/],
    [{ ifVersion: "1" }, "condition.ifVersion", /^must be the `version` of an endpoint/],
    [{ ifVersion: null }, "condition.ifVersion", /^must be the `version` of an endpoint/],
    [{ ifVersion: Number.NaN }, "condition.ifVersion", /^must be the `version` of an endpoint/],
    [{ ifVersion: 1.5 }, "condition.ifVersion", /^must be the `version` of an endpoint/],
  ])("%o", async (condition, path, message) => {
    const before = await typed.endpoints.get(tenant, hook);
    const change = typed.endpoints.update(tenant, hook, { description: "changed" }, condition as never);
    await refused(change, path, message);
    await refused(typed.endpoints.delete(tenant, hook, condition as never), path, message);
    expect(await typed.endpoints.get(tenant, hook)).toEqual(before);
  });
});

test("an entry of a list names its delivery", async () => {
  await typed.commit(tenant, { messages: [event("order.placed", { id: "1" }, { endpointIds: [hook] })] });
  const { data } = await typed.deliveries.list(tenant, { endpointId: hook });
  expect(await typed.deliveries.get(tenant, data[0] as never)).toMatchObject({ endpointId: hook });
});

import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import {
  answerOf,
  type Client,
  type CommittedMessage,
  createClient,
  entriesOf,
  type Message,
  ProblemError,
} from "../../src/client/client.ts";
import { createHook } from "../support/outside/receiver.ts";
import { createTenant } from "../support/worker/api.ts";

const worker: typeof fetch = (...request) => exports.default.fetch(...request);
const connect = (options: Partial<Parameters<typeof createClient>[1]> = {}): Client =>
  createClient("http://outbox.test/", { token: env.OPERATOR_TOKEN, fetch: worker, ...options });

let client: Client;
let tenant: string;

beforeEach(async () => {
  client = connect();
  tenant = (await createTenant()).id;
});

const ofTenant = () => client.v1.tenants[":tenant"];
const commit = (payload: unknown) =>
  answerOf(ofTenant().messages.$post({ param: { tenant }, json: { eventType: "a", payload } }));

describe("the answer", () => {
  test("is there with its types: a message committed, read and listed", async () => {
    const committed = await commit({ n: 1 });
    expectTypeOf(committed).toEqualTypeOf<CommittedMessage>();
    expect(committed).toMatchObject({ eventType: "a", sequence: 1, duplicate: false });
    const message = await answerOf(
      ofTenant().messages[":message"].$get({ param: { tenant, message: committed.id } }),
    );
    expectTypeOf(message).toExtend<Message>();
    expect(message.payload).toEqual({ n: 1 });
    const page = await answerOf(ofTenant().messages.$get({ param: { tenant }, query: { limit: "1" } }));
    expectTypeOf(page.nextCursor).toEqualTypeOf<string | null>();
    expect(page.data.map(({ id }) => id)).toEqual([committed.id]);
  });

  test("is undefined where there is no body", async () => {
    const param = { tenant };
    const json = { scopes: ["read" as const] };
    const { id } = await answerOf(ofTenant().tokens.$post({ param, json }));
    const nothing = await answerOf(ofTenant().tokens[":token"].$delete({ param: { tenant, token: id } }));
    expectTypeOf(nothing).toEqualTypeOf<undefined>();
    expect(nothing).toBeUndefined();
  });

  test("is the tenant's own with a tenant's token", async () => {
    const json = { scopes: ["read" as const] };
    const { token = "" } = await answerOf(ofTenant().tokens.$post({ param: { tenant }, json }));
    const theirs = connect({ token }).v1.tenants;
    expect((await answerOf(theirs[":tenant"].$get({ param: { tenant } }))).id).toBe(tenant);
    await expect(answerOf(theirs.$get({ query: {} }))).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("a refusal", () => {
  test("is an error with the problem's code, its fields, and the id that finds it in the log", async () => {
    const json = { eventType: "a b", payload: 1 };
    const refused = await answerOf(ofTenant().messages.$post({ param: { tenant }, json })).catch(
      (error) => error,
    );
    expect(refused).toBeInstanceOf(ProblemError);
    expect(refused.code).toBe("invalid_input");
    expect(refused.problem.errors).toMatchObject([{ path: "eventType" }]);
    expect(refused.message).toContain(refused.problem.requestId);
  });

  test.each([
    [502, "text/html", "<h1>Bad gateway</h1>"],
    [404, "application/json", '{"error":"no such host"}'],
    [200, "text/html", "<h1>Log in to this network</h1>"],
    [200, "application/json", "<h1>cut o"],
    [500, "application/problem+json", '{"title":'],
  ])("from elsewhere than the API says so, with the status: %i %s", async (status, type, body) => {
    const { url } = await createHook({ status, headers: { "content-type": type }, body });
    const other = createClient(url, { token: "x" });
    const error = await answerOf(other.v1.tenants.$get({ query: {} })).catch((error) => error);
    expect(error).not.toBeInstanceOf(ProblemError);
    expect(error.message).toContain(`The answer, with status ${status}, did not come from the outbox`);
  });

  test("too late ends, headers or body", async () => {
    for (const instead of ["hang", "stall"] as const) {
      const { url } = await createHook({ instead, headers: { "content-type": "application/json" } });
      const slow = createClient(url, { token: "x", timeoutMs: 50 });
      await expect(answerOf(slow.v1.tenants.$get({ query: {} })), instead).rejects.toMatchObject({
        name: "TimeoutError",
      });
    }
  });

  test("can be the caller's own: a signal ends the request", async () => {
    const { url } = await createHook({ instead: "hang" });
    const slow = createClient(url, { token: "x" });
    const init = { signal: AbortSignal.abort(new Error("enough")) };
    await expect(answerOf(slow.v1.tenants.$get({ query: {} }, { init }))).rejects.toThrow("enough");
  });
});

describe("the values in a path", () => {
  test.each(["a/b", "../x", "a?b=c", "a#b", "%2f", "a b", "ä", ":message", "messages/:message"])(
    "means itself, whatever characters it has: %s",
    async (message) => {
      await expect(
        answerOf(ofTenant().messages[":message"].$get({ param: { tenant, message } })),
      ).rejects.toMatchObject({
        code: "message_not_found",
        problem: { detail: expect.stringContaining(message) },
      });
    },
  );

  test.each(["", ".", ".."])("cannot be %j: that would be another path", async (id) => {
    expect(() => client.v1.tenants[":tenant"].$get({ param: { tenant: id } })).toThrow('"tenant"');
  });
});

test("all entries of a list come one after another, and pages are asked for as they are needed", async () => {
  for (let n = 1; n <= 5; n++) await commit(n);
  let pages = 0;
  const messages = (limit: string) =>
    entriesOf((cursor) => {
      pages++;
      return ofTenant().messages.$get({ param: { tenant }, query: { limit, ...cursor } });
    });
  const seen: number[] = [];
  for await (const message of messages("2")) {
    expectTypeOf(message.sequence).toEqualTypeOf<number>();
    seen.push(message.sequence);
  }
  expect([seen, pages]).toEqual([[5, 4, 3, 2, 1], 3]);
  for await (const { sequence } of messages("2")) if (sequence === 4) break;
  expect(pages).toBe(4);
});

test("the refusal of a page ends the list with it", async () => {
  const list = entriesOf((cursor) =>
    ofTenant().messages.$get({ param: { tenant: "nobody" }, query: { ...cursor } }),
  );
  await expect(list.next()).rejects.toMatchObject({ code: "tenant_not_found" });
});

test("the types know every field: one that is wrong, missing or unknown does not compile", () => {
  const post = (json: Parameters<ReturnType<typeof ofTenant>["messages"]["$post"]>[0]["json"]) => json;
  post({ eventType: "a", payload: 1 });
  // @ts-expect-error a number is no event type
  post({ eventType: 7, payload: 1 });
  // @ts-expect-error there must be one
  post({ payload: 1 });
  // @ts-expect-error nobody knows it
  post({ eventType: "a", payload: 1, colour: "red" });
  expectTypeOf<ProblemError["code"]>().not.toEqualTypeOf<string>();
  expectTypeOf<Parameters<ReturnType<typeof ofTenant>["$get"]>[0]["param"]>().toEqualTypeOf<{
    tenant: string;
  }>();
});

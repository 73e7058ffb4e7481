import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { BodiesAtOnce } from "../../../src/api/door/bodies-at-once.ts";
import { DoorMemory } from "../../../src/api/door/door-memory.ts";
import { limits } from "../../../src/platform/limits.ts";
import { eventually } from "../../support/runner/eventually.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { apiWith } from "../../support/worker/own-api.ts";

const { bodyBytesOfTenant, bodyBytesOfIsolate, smallBodyBytes } = limits;
const refusedAs = (code: string) => expect.objectContaining({ code });

describe("bodies under way", () => {
  let now = 0;
  const clock = () => now;

  test("of one tenant are as many as it may hold, and no more; a small one is let in", () => {
    const bodies = new BodiesAtOnce();
    bodies.open("a", clock).grow(bodyBytesOfTenant);
    const last = bodies.open("a", clock);
    last.grow(smallBodyBytes);
    expect(() => last.grow(smallBodyBytes + 1)).toThrow(refusedAs("rate_limited"));
  });

  test("of one tenant leave room for another's", () => {
    const bodies = new BodiesAtOnce();
    bodies.open("a", clock).grow(bodyBytesOfTenant);
    bodies.open("b", clock).grow(limits.batchBodyBytes);
  });

  test("of all together are bounded, also of operators; a small one is let in", () => {
    const bodies = new BodiesAtOnce();
    bodies.open(undefined, clock).grow(bodyBytesOfIsolate);
    const small = bodies.open("a", clock);
    small.grow(smallBodyBytes);
    expect(() => small.grow(smallBodyBytes + 1)).toThrow(refusedAs("overloaded"));
  });

  test("count no more once they are closed, however far they came", () => {
    const bodies = new BodiesAtOnce();
    const refused = bodies.open("a", clock);
    expect(() => refused.grow(bodyBytesOfTenant + 1)).toThrow(refusedAs("rate_limited"));
    refused.close();
    const next = bodies.open("a", clock);
    next.grow(bodyBytesOfTenant);
    next.close();
    expect(bodies.bytes).toBe(0);
  });

  test("of requests that were ended without a word count until they would have been through", () => {
    const bodies = new BodiesAtOnce();
    bodies.open("a", clock).grow(bodyBytesOfTenant);
    now += limits.bodyHeldMs - 1;
    expect(() => bodies.open("a", clock).grow(smallBodyBytes + 1)).toThrow(refusedAs("rate_limited"));
    now += 1;
    bodies.open("b", clock).grow(bodyBytesOfTenant);
    now += limits.bodyHeldMs - 1;
    bodies.open("a", clock).grow(smallBodyBytes + 1);
  });
});

describe("the API", () => {
  const MIB = new Uint8Array(1024 * 1024).fill(0x20);

  async function tokenOf(path: string): Promise<string> {
    return (await call("POST", `${path}/tokens`, { body: { scopes: ["messages:write"] } })).body.token;
  }

  /** A batch whose body goes on until it is ended. */
  function hold(send: ReturnType<typeof apiWith>, path: string, token: string, chunks: number) {
    const end = Promise.withResolvers<void>();
    let left = chunks;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (left-- > 0) return controller.enqueue(MIB);
        await end.promise;
        controller.close();
      },
    });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = send(`${path}/messages/batch`, { method: "POST", headers, body });
    return { answer, end: end.resolve };
  }

  test("refuses a tenant's body beyond what it holds, takes another tenant's, and forgets what was answered", async () => {
    const doorMemory = new DoorMemory();
    const send = apiWith({ doorMemory });
    const [hostile, other] = [await createTenant(), await createTenant()];
    const token = await tokenOf(hostile.path);
    const held = [hold(send, hostile.path, token, 4), hold(send, hostile.path, token, 2)];
    await eventually(() => expect(doorMemory.bodies.bytes).toBe(bodyBytesOfTenant));

    const refused = await hold(send, hostile.path, token, 1).answer;
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ code: "rate_limited" });

    const message = JSON.stringify({ eventType: "a", payload: 1 });
    const headers = {
      authorization: `Bearer ${await tokenOf(other.path)}`,
      "content-type": "application/json",
    };
    const commit = { method: "POST", headers, body: message };
    expect((await send(`${other.path}/messages`, commit)).status).toBe(202);

    for (const { end } of held) end();
    for (const { answer } of held) expect((await answer).status).toBe(400);
    expect(doorMemory.bodies.bytes).toBe(0);
  });

  test("says that it is overloaded, and when to come again", async () => {
    const doorMemory = new DoorMemory();
    const send = apiWith({ doorMemory });
    const { path } = await createTenant();
    doorMemory.bodies.open(undefined, Date.now).grow(bodyBytesOfIsolate);
    const refused = await hold(send, path, env.OPERATOR_TOKEN, 1).answer;
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ code: "overloaded" });
  });
});

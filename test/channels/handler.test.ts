import { describe, expect, test, vi } from "vitest";
import { giveUp, retryAt, retryIn } from "../../src/channels/handler/answer.ts";
import { type HandledMessage, type HandlerCall, handlerChannel } from "../../src/channels/handler/handler.ts";
import type { Log } from "../../src/platform/log.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { attemptTime, never } from "../support/outside/signals.ts";

type Call = HandlerCall<HandledMessage, unknown>;

const NOW = Date.parse("2026-11-25T12:00:00Z");
const ENV = { SHOP: "shop" };
const endpoint = {
  id: "ep_handler_charge",
  target: "charge",
  headers: null,
  secretHeaders: null,
  payloadFormat: "standard" as const,
  secrets: [],
};
const dispatch = dispatchWith({
  endpoint,
  eventType: "work",
  messageId: "msg_7",
  sequence: 7,
  attempt: 3,
  orderingKey: "k",
  committedAt: NOW,
  payload: '{"orderId":"1001"}',
});

const deskOf = ownDesk();
const lines: Record<string, unknown>[] = [];
const log: Log = (event, fields) => void lines.push({ event, ...fields });

function deliver(run: (call: Call) => unknown, signal = never()) {
  const channel = handlerChannel(new Map([["charge", run]]), {
    env: ENV,
    now: () => NOW,
    log,
    deskOf,
    tenantId: "acme",
  });
  return channel.deliver(dispatch, signal);
}

describe("a handler", () => {
  test("that throws is logged with the frames of its stack, and without its words but once", async () => {
    lines.length = 0;
    await deliver(() => {
      throw new Error("card 4242\n    of acme");
    });
    expect(lines).toMatchObject([
      { event: "handler.threw", tenant: "acme", handler: "charge", message: "msg_7", attempt: 3 },
    ]);
    expect(lines[0]?.["stack"]).toMatch(/^at .*handler\.test\.ts/);
    expect(lines[0]?.["stack"]).not.toContain("4242");
  });

  test("gets the message, the number of the attempt, a signal and the bindings", async () => {
    let given: Call | undefined;
    await deliver((call) => {
      given = call;
    });
    expect(given).toEqual({
      message: {
        id: "msg_7",
        sequence: 7,
        tenantId: "acme",
        eventType: "work",
        payload: { orderId: "1001" },
        orderingKey: "k",
        committedAt: new Date(NOW).toISOString(),
        traceparent: null,
        tracestate: null,
      },
      attempt: 3,
      signal: expect.any(AbortSignal),
      env: ENV,
    });
  });

  test.each([
    [new Error("The card was stolen"), "Error: The card was stolen"],
    [undefined, "the handler gave up"],
    [null, "the handler gave up"],
    ["", "the handler gave up"],
    [{ code: 7 }, "[object Object]"],
    [404, "404"],
  ])("gives up for the reason %s", async (reason, excerpt) => {
    expect(await deliver(() => giveUp(reason))).toMatchObject({
      kind: "permanent",
      error: "gave_up",
      excerpt,
    });
  });

  test("is tried again for a reason that is an error, and at an instant that is a number", async () => {
    const error = new RangeError("later");
    expect(await deliver(() => retryIn(5, error))).toMatchObject({ excerpt: "RangeError: later" });
    const at = new Date(NOW + 5000);
    expect(await deliver(() => retryAt(at.getTime() as never))).toMatchObject({
      retryAt: NOW + 5000,
      excerpt: "the handler asked for it",
    });
    expect(await deliver(() => retryAt("soon" as never))).toMatchObject({ error: "handler_threw" });
  });

  test("may answer by a copy of the library that another package brings", async () => {
    const second = "../../src/channels/handler/answer.ts?copy";
    const copy: typeof import("../../src/channels/handler/answer.ts") = await import(
      /* @vite-ignore */ second
    );
    expect(copy.giveUp).not.toBe(giveUp);
    expect(await deliver(() => copy.giveUp("no such order"))).toEqual(
      await deliver(() => giveUp("no such order")),
    );
    const at = new Date(NOW + 5000);
    expect(await deliver(() => copy.retryAt(at))).toEqual(await deliver(() => retryAt(at)));
  });

  test.each([undefined, null])("returning %s is done", async (answer) => {
    expect(await deliver(async () => answer)).toEqual({ kind: "accepted", httpStatus: null, excerpt: null });
  });

  test("returning statements and messages is done, and hands them on", async () => {
    const effects = { writes: ["a statement"], messages: ["a message"] };
    expect(await deliver(() => effects)).toMatchObject({ kind: "accepted", effects });
  });

  test("throwing has failed, and is called again", async () => {
    const thrown = async () => {
      throw new RangeError("no stock");
    };
    const failed = { kind: "temporary", error: "handler_threw", excerpt: "RangeError: no stock" };
    expect(await deliver(thrown)).toMatchObject(failed);
    expect(
      await deliver(() => {
        throw new RangeError("no stock");
      }),
    ).toMatchObject(failed);
  });

  test("asking for a time gets it; one in the past is now, one in years a year ahead", async () => {
    const at = async (instant: number) => {
      const reply = await deliver(() => retryAt(new Date(instant), "the bank is closed"));
      expect(reply).toMatchObject({
        kind: "temporary",
        error: "retry_asked",
        excerpt: "the bank is closed",
      });
      return "retryAt" in reply ? reply.retryAt : undefined;
    };
    expect(await at(NOW + 90_000)).toBe(NOW + 90_000);
    expect(await at(NOW - 90_000)).toBe(NOW);
    expect(await at(NOW + 1000 * 24 * 3600_000)).toBe(NOW + 366 * 24 * 3600_000);
    expect(() => retryAt(new Date("tomorrow"))).toThrow(/valid Date/);
  });

  test("asking for a wait means it from now on", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    try {
      expect(retryIn(60).at).toEqual(new Date(NOW + 60_000));
    } finally {
      vi.useRealTimers();
    }
  });

  test("giving up is not called again", async () => {
    expect(await deliver(() => giveUp("the card was stolen"))).toMatchObject({
      kind: "permanent",
      error: "gave_up",
      excerpt: "the card was stolen",
    });
  });

  test.each<[string, unknown]>([
    ["a misspelt field", { write: [] }],
    ["a single statement", { writes: "INSERT …" }],
    ["a list", []],
    ["a text", "done"],
    ["an answer of fetch", new Response()],
    ["an answer of D1", { success: true, results: [], meta: {} }],
  ])("returning %s has failed, so that nothing is lost without a word", async (_, answer) => {
    const reply = await deliver(() => answer);
    expect(reply).toMatchObject({ kind: "temporary", error: "handler_answer" });
  });

  test("ignoring its signal is left alone, and has failed by its time", async () => {
    const time = attemptTime();
    const reply = deliver(() => new Promise(() => {}), time.signal);
    time.end();
    expect(await reply).toMatchObject({ kind: "temporary", error: "timeout" });
  });

  test("not registered yet is a passing failure, which names the registered ones", async () => {
    const channel = handlerChannel(new Map([["chrage", () => undefined]]), {
      env: ENV,
      now: () => NOW,
      log,
      deskOf,
      tenantId: "acme",
    });
    expect(await channel.deliver(dispatch, never())).toMatchObject({
      kind: "temporary",
      error: "handler_unknown",
      excerpt: 'There is no handler "charge". Registered are: chrage',
    });
  });
});

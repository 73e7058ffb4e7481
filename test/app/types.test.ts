/** What the types of the library let through, and what they refuse: a line that must not compile stands under @ts-expect-error. */
import { expect, expectTypeOf, test } from "vitest";
import {
  type CommitRequestOf,
  channel,
  createOutbox,
  email,
  event,
  giveUp,
  type OutboxEnv,
  retryIn,
  work,
} from "../../src/index.ts";

interface Order {
  id: string;
  total: number;
}

interface Shop {
  events: { "order.placed": Order; "order.paid": { id: string; paidAt: string } };
  work: { "charge-card": { orderId: string }; "tidy-up": null };
}

interface Env extends OutboxEnv {
  PAYMENTS: string;
}

const order: Order = { id: "1001", total: 42 };
const commit = (_: CommitRequestOf<Shop>) => undefined;

test("events and work go with their payloads, and nothing else does", () => {
  commit({
    messages: [
      event("order.placed", order, { orderingKey: order.id }),
      event("order.paid", { id: "1001", paidAt: "now" }),
      work("charge-card", { orderId: "1001" }),
      work("tidy-up", null),
      email({ to: "ada@example.com", subject: "Hello", text: "!" }),
      { eventType: "order.placed", payload: order },
    ],
  });
  // @ts-expect-error a payload of another event
  commit({ messages: [event("order.paid", order)] });
  // @ts-expect-error a payload that lacks a field
  commit({ messages: [event("order.placed", { id: "1001" })] });
  // @ts-expect-error an event type that is not among the names
  commit({ messages: [event("order.plcaed", order)] });
  // @ts-expect-error the payload of work
  commit({ messages: [work("charge-card", { order: "1001" })] });
  // @ts-expect-error work that is not among the names
  commit({ messages: [work("chrage-card", { orderId: "1001" })] });
  // @ts-expect-error an event as it stands, with a wrong payload
  commit({ messages: [{ eventType: "order.placed", payload: 1 }] });
});

test("handlers are typed by their names, and there is one for each", () => {
  createOutbox<Env, Shop>({
    handlers: {
      "charge-card": async ({ message, attempt, signal, env }) => {
        expectTypeOf(message.payload).toEqualTypeOf<{ orderId: string }>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(env.PAYMENTS).toEqualTypeOf<string>();
        if (attempt > 3) return retryIn(60);
        if (attempt > 5) return giveUp("stolen");
        return { messages: [event("order.paid", { id: message.payload.orderId, paidAt: "now" })] };
      },
      "tidy-up": () => undefined,
    },
  });
  createOutbox<Env, Shop>({
    handlers: {
      // @ts-expect-error its answer has a message with a wrong payload
      "charge-card": () => ({ messages: [event("order.paid", 1)] }),
      "tidy-up": () => undefined,
    },
  });
  // @ts-expect-error one is missing
  createOutbox<Env, Shop>({ handlers: { "tidy-up": () => undefined } });
});

test("a subscriber is told by the event type which payload it has", () => {
  createOutbox<Env, Shop>({
    subscribers: {
      project: {
        on: ["order.placed", "order.paid"],
        handle: ({ message }) => {
          if (message.eventType === "order.placed") expectTypeOf(message.payload).toEqualTypeOf<Order>();
          else expectTypeOf(message.payload).toEqualTypeOf<{ id: string; paidAt: string }>();
        },
      },
      other: {
        // @ts-expect-error an event type that is not among the names
        on: ["order.lost"],
        handle: () => undefined,
      },
    },
  });
});

test("contents of channels are typed by the names, and each channel takes what its schema does", () => {
  interface Told {
    events: { "order.sent": null };
    channels: { sms: { to: string } };
  }
  const sms = <Input>(check: (value: unknown) => Input) => {
    const standard = {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) => ({ value: check(value) }),
    };
    const provider = (env: Env) => {
      expectTypeOf(env.PAYMENTS).toEqualTypeOf<string>();
      return {
        send: async (content: Input) => ({
          kind: "accepted" as const,
          httpStatus: null,
          excerpt: String(content),
        }),
      };
    };
    return channel({
      schema: {
        "~standard": { ...standard, types: undefined as { input: Input; output: Input } | undefined },
      },
      provider,
    });
  };
  createOutbox<Env, Told>({ channels: { sms: sms((value) => value as { to: string }) } });
  // @ts-expect-error it takes another content than the names say
  createOutbox<Env, Told>({ channels: { sms: sms((value) => value as { number: string }) } });
  // @ts-expect-error one is missing
  createOutbox<Env, Told>({ channels: {} });
  const tell = (_: CommitRequestOf<Told>) => undefined;
  tell({ messages: [work("sms", { to: "+34600123456" }), event("order.sent", null)] });
  // @ts-expect-error another content
  tell({ messages: [work("sms", { number: "+34600123456" })] });
  // @ts-expect-error work that is not among the names
  tell({ messages: [work("smss", { to: "+34600123456" })] });
});

test("without names everything is let through", () => {
  const untyped = (_: CommitRequestOf<object>) => undefined;
  untyped({ messages: [event("anything", { at: "all" }), work("whatever", 1)] });
  createOutbox({ handlers: { whatever: ({ message }) => void (message.payload as number) } });
});

const nothing = (): undefined => undefined;

test.each([
  [{ handlers: { "no spaces": nothing } }, /handlers\.no spaces: must be words/],
  [{ createTenant: true }, /has no "createTenant", but has .*createTenants/],
  [
    { subscribers: { one: { handle: nothing } } },
    /subscribers\.one\.on must be a list of at least one event type/,
  ],
  [
    { subscribers: { one: { on: [], handle: nothing } } },
    /subscribers\.one\.on must be a list of at least one event type/,
  ],
  [
    { subscribers: { one: { on: "a", handle: nothing } } },
    /subscribers\.one\.on must be a list of at least one event type/,
  ],
  [{ handlers: { one: "a text" } }, /handlers\.one must be a function/],
  [{ subscribers: { one: { on: ["no spaces"], handle: nothing } } }, /subscribers\.one\.on: must be words/],
  [{ subscribers: { one: { on: ["endpoint.disabled"], handle: nothing } } }, /which the app does not send/],
  [{ subscribers: { one: { on: ["work"], handle: nothing } } }, /which the app does not send/],
  [
    { handlers: { one: nothing }, subscribers: { one: { on: ["a"], handle: nothing } } },
    /"one" names more than one handler, subscriber or channel/,
  ],
])("options that cannot be, %o, are refused where the Worker starts", (options, words) => {
  expect(() => createOutbox(options as never)).toThrow(words);
});

import { env } from "cloudflare:workers";
import { html } from "hono/html";
import { jsx } from "hono/jsx";
import * as v from "valibot";
import { beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { type EmailTemplate, emailTemplate, emailTemplates } from "../../src/templates/email-templates.ts";
import { World } from "../support/world.ts";

const letter = emailTemplates({
  welcome: {
    render: ({ name }: { name: string }, locale) => ({
      subject: locale === "es" ? `Hola, ${name}` : `Welcome, ${name}`,
      html: html`<h1>Hello, ${name}</h1><p>Look at <a href="https://shop.example/new">what is new</a>.</p><img src="https://shop.example/logo.png" alt="logo">`,
    }),
  },
  receipt: emailTemplate({
    schema: z.object({ total: z.union([z.number(), z.string().transform(Number)]) }),
    render: async ({ total }) => ({ subject: `Receipt of ${total.toFixed(2)}`, text: `${total}` }),
  }),
});
const ADA = { to: "Ada <ada@example.com>" };

describe("an e-mail from a template", () => {
  test("has its subject, its HTML and a text made of it", async () => {
    const message = await letter("welcome", { name: "Ada" }, { ...ADA, cc: "bob@example.com" });
    expect(message).toMatchObject({
      eventType: "email",
      payload: {
        to: ["Ada <ada@example.com>"],
        cc: ["bob@example.com"],
        subject: "Welcome, Ada",
        text: "Hello, Ada\n\nLook at what is new (https://shop.example/new).",
      },
    });
  });

  test("escapes its data", async () => {
    const { payload } = await letter("welcome", { name: "<script>&" }, ADA);
    expect(payload).toMatchObject({ html: expect.stringContaining("Hello, &lt;script&gt;&amp;") });
    expect(payload).toMatchObject({ text: expect.stringContaining("Hello, <script>&") });
  });

  test("is made of elements of hono/jsx, also of those that wait", async () => {
    const Late = async ({ name }: { name: string }) => {
      await Promise.resolve();
      return jsx("b", {}, name);
    };
    const letters = emailTemplates({
      late: { render: (name: string) => ({ subject: "Late", html: jsx("p", {}, jsx(Late, { name })) }) },
    });
    const { payload } = await letters("late", "Ada & Bob", ADA);
    expect(payload).toMatchObject({ html: "<p><b>Ada &amp; Bob</b></p>", text: "Ada & Bob" });
  });

  test("has a text in which a row of a table is a line, and an item of a list another", async () => {
    const lists = emailTemplates({
      order: {
        render: (_: null) => ({
          subject: "!",
          html: "<table><tr><td>Coffee</td><td>2</td></tr><tr><td>Tea</td><td>1</td></tr></table><ul><li>one<li>two</ul>",
        }),
      },
    });
    const { payload } = await lists("order", null, ADA);
    expect(payload).toMatchObject({ text: "Coffee 2\nTea 1\n\n * one\n * two" });
  });

  test("is told the language of the e-mail, or that of all templates", async () => {
    const speaking = emailTemplates(
      { hello: { render: (_: null, locale) => ({ subject: locale, text: "!" }) } },
      { locale: "es-MX" },
    );
    expect((await speaking("hello", null, ADA)).payload).toMatchObject({ subject: "es-MX" });
    expect((await speaking("hello", null, { ...ADA, locale: "fr" })).payload).toMatchObject({
      subject: "fr",
    });
    expect((await letter("welcome", { name: "Ada" }, { ...ADA, locale: "es" })).payload).toMatchObject({
      subject: "Hola, Ada",
    });
  });

  test("has no text where its template says so, or where there is none but pictures", async () => {
    const bare = emailTemplates({
      silent: { render: (_: null) => ({ subject: "!", html: "<p>!</p>", text: false }) },
      pictures: { render: (_: null) => ({ subject: "!", html: '<img src="https://shop.example/a.png">' }) },
    });
    for (const name of ["silent", "pictures"] as const) {
      expect((await bare(name, null, ADA)).payload).not.toHaveProperty("text");
    }
  });

  test("gets its data as its schema makes them", async () => {
    const { payload } = await letter("receipt", { total: "42" }, ADA);
    expect(payload).toMatchObject({ subject: "Receipt of 42.00" });
  });

  test("takes a schema of another library", async () => {
    const checking = emailTemplates({
      code: emailTemplate({
        schema: v.object({ code: v.pipe(v.string(), v.digits()) }),
        render: ({ code }) => ({ subject: code, text: code }),
      }),
    });
    expect((await checking("code", { code: "123" }, ADA)).payload).toMatchObject({ subject: "123" });
    await expect(checking("code", { code: "abc" }, ADA)).rejects.toMatchObject({
      failure: { fields: [{ path: "data.code", message: expect.stringContaining("digits") }] },
    });
  });
});

describe("nothing is made", () => {
  test.each([
    ["of an unknown name", () => letter("welcom" as "welcome", { name: "Ada" }, ADA), ["template"]],
    [
      "of a name that every object has",
      () => letter("toString" as "welcome", { name: "Ada" }, ADA),
      ["template"],
    ],
    [
      "of data that do not fit",
      () => letter("receipt", { total: null as unknown as number }, ADA),
      ["data.total"],
    ],
    ["without a recipient", () => letter("welcome", { name: "Ada" }, { to: [] }), ["to"]],
    ["of a subject of two lines", () => letter("welcome", { name: "Ada\nBob" }, ADA), ["subject"]],
  ])("%s", async (_, render, paths) => {
    const fields = paths.map((path) => expect.objectContaining({ path }));
    await expect(render()).rejects.toMatchObject({ failure: { code: "invalid_input", fields } });
  });

  test.each([
    ["an element of another library", { type: "p", props: {} }],
    ["a number", 1],
    ["null", null],
  ])("of %s", async (_, element) => {
    const letters = emailTemplates({ wrong: { render: (_: null) => ({ subject: "!", html: element }) } });
    await expect(letters("wrong", null, ADA)).rejects.toMatchObject({
      failure: { fields: [{ path: "html" }] },
    });
  });

  test("by a template that fails: its error is told as it is", async () => {
    const failing = emailTemplates({
      broken: {
        render: () => {
          throw new TypeError("There is no such order");
        },
      } satisfies EmailTemplate<undefined>,
    });
    await expect(failing("broken", undefined, ADA)).rejects.toThrow(new TypeError("There is no such order"));
  });
});

test("the names and their data are typed", () => {
  expectTypeOf<Parameters<typeof letter>[0]>().toEqualTypeOf<"welcome" | "receipt">();
  const misuses = () => [
    // @ts-expect-error a name that is not there
    letter("farewell", { name: "Ada" }, ADA),
    // @ts-expect-error data of another template
    letter("welcome", { total: 1 }, ADA),
    // @ts-expect-error a subject is the template's
    letter("welcome", { name: "Ada" }, { ...ADA, subject: "!" }),
  ];
  expect(misuses).toBeTypeOf("function");
});

describe("committed", () => {
  let world: World;
  beforeEach(() => {
    world = new World(env.DB);
  });

  test("it is what is sent, whatever the template makes later", async () => {
    let word = "first";
    const changing = emailTemplates({
      word: { render: (_: null) => ({ subject: word, html: `<p>${word}</p>` }) },
    });
    const tenant = await world.createTenant();
    const sent: string[] = [];
    world.answer = ({ payload }) => {
      sent.push(payload);
      return sent.length === 1
        ? { kind: "temporary", error: "timeout", httpStatus: null, excerpt: null, retryAfterMs: null }
        : { kind: "accepted", httpStatus: 200, excerpt: null };
    };
    await world.commit(tenant, { messages: [await changing("word", null, ADA)] });
    word = "second";
    await world.runUntilIdle(tenant);
    world.now += 3_600_000;
    await world.runUntilIdle(tenant);
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
    expect(JSON.parse(sent[0] ?? "")).toMatchObject({ subject: "first", text: "first" });
  });
});

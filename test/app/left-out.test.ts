import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createApi } from "../../src/create-api.ts";
import { createOutbox, event } from "../../src/index.ts";
import { payloadSchemas } from "../../src/schemas/payload-schemas.ts";
import { sensitiveEmails } from "../../src/sensitive-emails.ts";
import { emailTemplates } from "../../src/templates/email-templates.ts";
import type { Env } from "./app.ts";

const SCHEMA = { type: "object", required: ["id"] };
const REFUSAL = expect.stringContaining(
  "give createOutbox the option payloadSchemas, from edge-outbox/schemas",
);

/** Two Workers on one database. */
const without = createOutbox<Env>()(env as Env);
const withThem = createOutbox<Env>({ payloadSchemas })(env as Env);

test("without payloadSchemas, event types with a schema are refused, and those without one are not", async () => {
  await withThem.tenants.create({ id: "left-out" });
  const schema = { path: "schema", message: REFUSAL };
  await expect(
    without.eventTypes.create("left-out", { name: "order.kept", schema: SCHEMA }),
  ).rejects.toMatchObject({ code: "invalid_input", failure: { fields: [schema] } });
  await without.eventTypes.create("left-out", { name: "order.kept" });
  const { messages } = await without.commit("left-out", { messages: [event("order.kept", 1)] });
  expect(messages).toHaveLength(1);
});

test("without payloadSchemas, no message of a type that has a schema is committed unchecked", async () => {
  await withThem.tenants.create({ id: "left-out" });
  await withThem.eventTypes.create("left-out", { name: "order.checked", schema: SCHEMA });
  const fits = { messages: [event("order.checked", { id: "1001" })] };
  const field = { path: "messages[0].payload", message: REFUSAL };
  await expect(without.commit("left-out", fits)).rejects.toMatchObject({
    code: "invalid_input",
    failure: { fields: [field] },
  });
  await withThem.commit("left-out", fits);
});

test("the API is made of a result of createOutbox, and of nothing else", () => {
  expect(() => createApi(() => undefined)).toThrow("createApi takes the result of createOutbox");
});

test("without sensitiveEmails, sensitive e-mails are refused; with it, those of templates, too, are sealed", async () => {
  await withThem.tenants.create({ id: "left-out" });
  const letter = emailTemplates({
    code: { render: (code: string) => ({ subject: "Your code", text: code }) },
  });
  const messages = [await letter("code", "493817-left-out", { to: "ada@example.com", sensitive: true })];
  const field = {
    path: "messages[0].payload.sensitive",
    message: expect.stringContaining("edge-outbox/sensitive-emails"),
  };
  await expect(without.commit("left-out", { messages })).rejects.toMatchObject({
    code: "invalid_input",
    failure: { fields: [field] },
  });
  const sealing = createOutbox<Env>({ sensitiveEmails })(env as Env);
  const { messages: committed } = await sealing.commit("left-out", { messages });
  expect(await sealing.messages.get("left-out", committed[0]?.id ?? "")).toMatchObject({
    content: expect.stringMatching(/^(sealed|wiped)$/),
    payload: { subject: "[sealed]", text: "[sealed]" },
  });
  const { SECRET_KEYS: _, ...unset } = env as Env & { SECRET_KEYS: string };
  await expect(
    createOutbox<Env>({ sensitiveEmails })(unset as Env).commit("left-out", { messages }),
  ).rejects.toMatchObject({ failure: { fields: [{ message: expect.stringContaining("SECRET_KEYS") }] } });
});

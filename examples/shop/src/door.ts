/** Checks of the shop's requests, and its refusals. */
import { OutboxError } from "edge-outbox";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { PRODUCT_IDS } from "./catalogue.ts";

const BODY_BYTES = 16 * 1024;
const RETRY_AFTER_SECONDS = 2;

const name = z.string({ error: "is required" }).trim().min(1, { error: "is required" }).max(100);
const email = z
  .string({ error: "is required" })
  .trim()
  .toLowerCase()
  .pipe(z.email({ error: "must be an address as ada@example.com" }).max(254));

export const purchaseInput = z.strictObject({
  product: z.enum(PRODUCT_IDS, { error: `must be one of ${PRODUCT_IDS.join(", ")}` }),
  name,
  email,
  // The payment API's name for a card: its number is never here.
  paymentMethod: z
    .string({ error: "is required" })
    .regex(/^pm_[a-z0-9_]{1,60}$/, { error: "must be what the payment API calls the card, as pm_visa_4242" }),
});
export type PurchaseInput = z.infer<typeof purchaseInput>;

export const registrationInput = z.strictObject({ name, email });
export type RegistrationInput = z.infer<typeof registrationInput>;

const idempotencyKey = z
  .string({
    error:
      "is required: choose one for each purchase, as crypto.randomUUID() makes, and repeat it with the purchase",
  })
  .regex(/^[\x21-\x7e]{16,200}$/, { error: "must be 16 to 200 printable characters" });

interface FieldError {
  path: string;
  message: string;
}

/** A request that is turned away, with what to do about it. */
export class Refusal extends Error {
  readonly status: ContentfulStatusCode;
  readonly fields: readonly FieldError[];

  constructor(status: ContentfulStatusCode, detail: string, fields: readonly FieldError[] = []) {
    super(detail);
    this.status = status;
    this.fields = fields;
  }
}

/** @throws {Refusal} naming every field that is wrong */
export async function readBody<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const text = await c.req.text();
  if (text.length > BODY_BYTES) throw new Refusal(413, `The body must be at most ${BODY_BYTES} characters.`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal(400, "The body must be JSON.");
  }
  return checked(schema, body);
}

/** @throws {Refusal} when there is none to speak of */
export function readIdempotencyKey(c: Context): string {
  return checked(idempotencyKey, c.req.header("idempotency-key"), "Idempotency-Key");
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, path = ""): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => ({
    path: issue.path.join(".") || path || "body",
    message: issue.message,
  }));
  throw new Refusal(400, fields.map(({ path, message }) => `${path} ${message}`).join("; "), fields);
}

/** An error as the caller gets it. */
export function refuse(error: Error, c: Context): Response {
  if (error instanceof Refusal) {
    return c.json({ error: error.message, fields: error.fields }, error.status);
  }
  if (error instanceof OutboxError && error.code === "idempotency_conflict") {
    return c.json(
      { error: "This Idempotency-Key was used for something else. Choose a new one.", fields: [] },
      409,
    );
  }
  if (error instanceof OutboxError && error.retryable) {
    c.header("retry-after", String(RETRY_AFTER_SECONDS));
    return c.json({ error: "Try again, with the same Idempotency-Key: it happens once.", fields: [] }, 503);
  }
  console.error(error);
  return c.json(
    { error: "Something went wrong. Try again, with the same Idempotency-Key.", fields: [] },
    500,
  );
}

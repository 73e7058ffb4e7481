import { drizzle } from "drizzle-orm/d1";
import { event } from "edge-outbox";
import { Refusal, type RegistrationInput } from "./door.ts";
import { welcomeEmail } from "./emails.ts";
import { idFrom } from "./ids.ts";
import { outbox, SHOP, type ShopEnv } from "./outbox.ts";
import { customers } from "./schema.ts";

/**
 * A sign-up: the customer, the fact and the welcome in one batch. An address that is taken violates its UNIQUE, which
 * takes the whole batch with it: nobody is welcomed twice. Answers the customer's id.
 */
export async function registerCustomer(env: ShopEnv, key: string, input: RegistrationInput): Promise<string> {
  const id = await idFrom(key, "cus");
  const customer = { id, ...input, registeredAt: new Date() };
  try {
    await outbox(env).commit(SHOP, {
      idempotencyKey: id,
      writes: [drizzle(env.DB).insert(customers).values(customer)],
      messages: [event("customer.registered", { customerId: id, name: input.name }), welcomeEmail(customer)],
    });
  } catch (error) {
    throw isTaken(error) ? addressTaken(input.email) : error;
  }
  return id;
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes("UNIQUE constraint failed: customers.email");
}

function addressTaken(email: string): Refusal {
  return new Refusal(409, `${email} is registered already. Sign in, or take another address.`, [
    { path: "email", message: "is registered already" },
  ]);
}

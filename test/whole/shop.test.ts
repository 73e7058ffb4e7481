import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OrderStatus } from "../../examples/shop/src/status.ts";
import { SeededRandom } from "../sim/random.ts";
import { waitUntil } from "../support/programs/dev-server.ts";
import { type Buyer, makeBuyers, Street } from "../support/shop/shop-buyers.ts";
import { ShopTown } from "../support/shop/shop-town.ts";

const PAGE = join(import.meta.dirname, "../../examples/shop/page");
const PURCHASES = 500;
const seed = Number(process.env["SHOP_SEED"] ?? Date.now() % 1e6);
const random = new SeededRandom(seed);
let town: ShopTown;

beforeAll(async () => {
  console.log(`SHOP_SEED=${seed}`);
  town = await ShopTown.open(seed);
});

afterAll(() => town?.close());

const keyOf = (name: string) => `a-key-of-this-test-${name}`;
const purchase = (more: object = {}) => ({
  product: "beans",
  name: "Ada Lovelace",
  email: "ada@example.com",
  paymentMethod: "pm_visa_4242",
  ...more,
});

async function place(name: string, more?: object): Promise<string> {
  const { status, body } = await town.post("/purchases", keyOf(name), purchase(more));
  expect(status).toBe(202);
  return body.orderId;
}

async function statusOnce(orderId: string, holds: (status: OrderStatus) => boolean): Promise<OrderStatus> {
  let status = await town.statusOf(orderId);
  await waitUntil(`order ${orderId} to get there`, async () => {
    status = await town.statusOf(orderId);
    return holds(status);
  });
  return status;
}

/** What a customer has got, by the subjects of the e-mails. */
const told = (address: string) =>
  town.mail.sent.filter(({ to }) => to.includes(address)).map(({ subject }) => subject.replace(/ \(.*/, ""));
const chargesFor = (orderId: string) =>
  town.payments.book.charges.filter(({ reference }) => reference === orderId);
const attemptsOf = ({ operations }: OrderStatus, name: string) =>
  operations.find((one) => one.name === name)?.attempts ?? [];

describe("the door", () => {
  test("names every field that is wrong, and nothing is bought", async () => {
    const charges = town.payments.book.calls.made;
    const wrong = { product: "car", name: " ", email: "nobody", paymentMethod: "4242 4242 4242 4242" };
    const { status, body } = await town.post("/purchases", keyOf("wrong"), wrong);
    expect(status).toBe(400);
    expect(body.fields.map(({ path }) => path)).toEqual(["product", "name", "email", "paymentMethod"]);
    const spare = await town.post("/purchases", keyOf("wrong"), purchase({ coupon: 1 }));
    expect(spare).toMatchObject({ status: 400, body: { error: expect.stringContaining("coupon") } });
    const keyless = await town.post("/purchases", undefined, purchase());
    expect(keyless).toMatchObject({ status: 400, body: { fields: [{ path: "Idempotency-Key" }] } });
    expect((await town.post("/purchases", keyOf("wrong"), "{")).status).toBe(400);
    expect((await fetch(`${town.shopUrl}/orders/ord_none`)).status).toBe(404);
    expect(town.payments.book.calls.made).toBe(charges);
  });

  test("answers a repeated Idempotency-Key with its order; for something else it is refused", async () => {
    const orderId = await place("twice");
    expect(await place("twice")).toBe(orderId);
    const other = await town.post("/purchases", keyOf("twice"), purchase({ product: "grinder" }));
    expect(other.status).toBe(409);
    await statusOnce(orderId, ({ settled }) => settled);
    expect(await place("twice")).toBe(orderId);
    expect(chargesFor(orderId)).toHaveLength(1);
  });

  test("an address registers once; the second time is refused with 409 and leaves nothing behind", async () => {
    const grace = { name: "Grace", email: "Grace@Example.com" };
    const first = await town.post("/registrations", keyOf("grace"), grace);
    expect(first).toMatchObject({ status: 201, body: { customerId: expect.stringMatching(/^cus_/) } });
    expect(await town.post("/registrations", keyOf("grace"), grace)).toEqual(first);
    const again = await town.post("/registrations", keyOf("again"), { ...grace, name: "Another" });
    expect(again).toMatchObject({ status: 409, body: { fields: [{ path: "email" }] } });
    const facts = await town.askOutbox<{ data: object[] }>("/messages?eventType=customer.registered");
    expect(facts.data).toHaveLength(1);
    const emails = await town.askOutbox<{ data: { to: string[] }[] }>("/emails");
    expect(emails.data.filter(({ to }) => to.includes("grace@example.com"))).toHaveLength(1);
    await waitUntil("the welcome", async () => told("grace@example.com").length > 0);
  });

  test("the page runs no scripts but its own, and nothing becomes markup that is text", async () => {
    const response = await fetch(town.shopUrl);
    const policy = response.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(await response.text()).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/);
    for (const file of readdirSync(PAGE).filter((name) => name.endsWith(".js"))) {
      expect(readFileSync(join(PAGE, file), "utf8"), file).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|eval/,
      );
    }
  });
});

describe("an order", () => {
  test("once paid is told step by step, and shipped", async () => {
    const orderId = await place("paid", { email: "paid@example.com" });
    const { steps, state, operations } = await statusOnce(orderId, ({ settled }) => settled);
    expect(state).toBe("paid");
    const done = ["accepted", "charging", "paid", "emailed", "shipped"];
    expect(steps.map(({ name, state }) => `${name} ${state}`)).toEqual(done.map((name) => `${name} done`));
    const names = operations.map(({ name, state }) => `${name} ${state}`).toSorted();
    const all = ["Paid", "We have your order", "charge-card", "order.paid"];
    expect(names).toEqual(all.map((name) => `${name} delivered`));
    expect(told("paid@example.com")).toEqual(["We have your order", "Paid"]);
  });

  test("with a declined card is cancelled, and its customer told so", async () => {
    const orderId = await place("no", { email: "no@example.com", paymentMethod: "pm_visa_0002" });
    const { steps, state } = await statusOnce(orderId, ({ settled }) => settled);
    expect(state).toBe("cancelled");
    expect(steps.map(({ name }) => name)).toEqual(["accepted", "charging", "cancelled", "emailed"]);
    expect(told("no@example.com")).toEqual(["We have your order", "Cancelled"]);
    expect(chargesFor(orderId)).toMatchObject([{ status: "declined" }]);
  });

  test("once settled is neither charged nor told again when a person replays its work", async () => {
    const orderId = await place("replayed", { email: "replayed@example.com" });
    const before = await statusOnce(orderId, ({ settled }) => settled);
    const calls = town.payments.book.calls.made;
    const { messageId } = before.operations.find(({ name }) => name === "charge-card") ?? {};
    await town.askOutbox(`/messages/${messageId}/deliveries/ep_handler_charge-card/replay`, {});
    const made = attemptsOf(before, "charge-card").length;
    const after = await statusOnce(
      orderId,
      (status) => status.settled && attemptsOf(status, "charge-card").length > made,
    );
    expect(after).toMatchObject({ state: "paid", operations: { length: 4 } });
    expect(town.payments.book.calls.made).toBe(calls);
    expect(told("replayed@example.com")).toEqual(["We have your order", "Paid"]);
  });

  test("impossible to charge needs attention, and the office is told; repaired and replayed, it is paid", async () => {
    const orderId = await place("stuck", { email: "stuck@example.com", paymentMethod: "pm_new" });
    const stuck = await statusOnce(orderId, ({ state }) => state === "needs attention");
    expect(stuck.steps[1]).toMatchObject({ name: "charging", state: "failed" });
    expect(stuck.settled).toBe(false);
    await waitUntil("the office to be told", async () => told("office@shop.example").length > 0);
    type Letter = { messageId: string; endpointId: string };
    const { data } = await town.askOutbox<{ data: Letter[] }>("/dead-letters");
    expect(data).toMatchObject([{ endpointId: "ep_handler_charge-card" }]);

    town.payments.book.knownMethods = /^pm_/;
    await town.askOutbox(`/messages/${data[0]?.messageId}/deliveries/ep_handler_charge-card/replay`, {});
    const { state } = await statusOnce(orderId, ({ settled }) => settled);
    expect(state).toBe("paid");
    expect(chargesFor(orderId)).toMatchObject([{ status: "succeeded" }]);
    expect(told("stuck@example.com")).toEqual(["We have your order", "Paid"]);
  });
});

/*
 * Setup: the shop with its payment API, which fails 30 % of the calls and charges some without telling; fulfilment; and a mail
 * provider that honours Idempotency-Key, as Resend does. Counting there is the honest way: an e-mail whose sender was killed before
 * it could write down the answer is sent again with the same key, and only a provider that knows the key can tell. Cloudflare's
 * binding takes none, so with it a customer could get such an e-mail twice.
 * Timeline: 500 purchases; amid them the shop's process group is killed three times, and fulfilment's once. Both come back on their data.
 * What this proves: whoever dies, each order is charged once, ends paid or cancelled, is told once of each, and shipped once.
 */
test("500 purchases, and whoever is killed meanwhile: every effect is there, once", async () => {
  const startedAt = performance.now();
  const buyers = makeBuyers(PURCHASES, random);
  const { book } = town.payments;
  const before = { ...book.calls, charges: book.charges.length, suppressed: town.mail.repeated };
  const charged = () => book.charges.length - before.charges;
  const street = new Street(town, buyers, charged);
  const amid = (share: number) => street.amidPurchases(share * PURCHASES);
  const buying = street.buyAll();
  const kills = [random.between(0.05, 0.15), random.between(0.45, 0.6), random.between(0.65, 0.7)];
  await killShopAt(kills[0]);
  await amid(random.between(0.25, 0.35));
  await town.killFulfilment();
  await Promise.all([town.startFulfilment(), killShopAt(kills[1])]);
  await killShopAt(kills[2]);
  await buying;
  const now = async () => (await town.askOutbox<Stats>("/stats")).now;
  await waitUntil("everything to be settled", async () => (await now()).unsettled.count === 0);

  const since = (name: "made" | "failed" | "untold" | "repeated") => book.calls[name] - before[name];
  console.log(
    `SHOP_SEED=${seed}: ${PURCHASES} purchases, ${kills.length} kills of the shop and 1 of fulfilment, ${street.repeated} requests ` +
      `repeated by clients; ${since("made")} calls of the payment API: ${since("failed")} failed, ${since("untold")} charged without ` +
      `telling, ${since("repeated")} repeated an earlier one; ${town.mail.repeated - before.suppressed} e-mails suppressed as ` +
      `duplicates; ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  );
  expect(street.repeated).toBeGreaterThan(0);
  expect(since("repeated")).toBeGreaterThan(since("failed"));
  expect((await now()).deadLetters.count).toBe(0);
  expect(await becameOf(buyers)).toEqual(buyers.map(due));

  async function killShopAt(share = 0) {
    await amid(share);
    await town.killShop();
    await town.startShop();
  }
});

interface Stats {
  now: { unsettled: { count: number }; deadLetters: { count: number } };
}

/** All that there is of a buyer's order, in four places. */
interface Outcome {
  orderId: string;
  orders: string[];
  charges: string[];
  emails: string[];
  shipments: number;
}

function due({ orderId, isDeclined }: Buyer): Outcome {
  return isDeclined
    ? {
        orderId,
        orders: ["cancelled, declined"],
        charges: ["declined"],
        emails: ["Cancelled", "We have your order"],
        shipments: 0,
      }
    : {
        orderId,
        orders: ["paid, succeeded"],
        charges: ["succeeded"],
        emails: ["Paid", "We have your order"],
        shipments: 1,
      };
}

/** What is on disk, when nobody writes to it any more. */
async function becameOf(buyers: readonly Buyer[]): Promise<Outcome[]> {
  await Promise.all([town.killShop(), town.killFulfilment()]);
  const sql = `SELECT o.customer_email AS email, o.state || ', ' || c.state AS states, c.payment_id AS paymentId
    FROM orders o LEFT JOIN charges c ON c.order_id = o.id`;
  type Row = { email: string; states: string; paymentId: string | null };
  const rows = await town.query<Row>("shop", sql);
  const shipped = await town.query<{ order_id: string }>("fulfilment", "SELECT order_id FROM shipments");
  return buyers.map(({ orderId, body: { email } }) => {
    const orders = rows.filter((row) => row.email === email);
    const charges = chargesFor(orderId);
    // What was charged is what the shop knows it by.
    const known = orders.flatMap(({ paymentId }) => paymentId ?? []);
    expect(charges.filter(({ status }) => status === "succeeded").map(({ id }) => id)).toEqual(known);
    return {
      orderId,
      orders: orders.map(({ states }) => states),
      charges: charges.map(({ status }) => status),
      emails: told(email).toSorted(),
      shipments: shipped.filter(({ order_id }) => order_id === orderId).length,
    };
  });
}

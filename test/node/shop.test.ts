import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OrderStatus } from "../../examples/shop/src/status.ts";
import { SeededRandom } from "../sim/random.ts";
import { waitUntil } from "../support/dev-server.ts";
import { ShopTown } from "../support/shop-town.ts";

const PURCHASES = 500;
const BUYERS = 16;
/** So many orders at most wait for their charge. */
const BACKLOG = 120;
const seed = Number(process.env["SHOP_SEED"] ?? Date.now() % 1e6);
const random = new SeededRandom(seed);
let town: ShopTown;

beforeAll(async () => {
  town = await ShopTown.open(seed);
}, 90_000);

afterAll(() => town?.close());

const KEY = "a-key-of-this-test-";
const purchase = (more: object = {}) => ({
  product: "beans",
  name: "Ada Lovelace",
  email: "ada@example.com",
  paymentMethod: "pm_visa_4242",
  ...more,
});

async function post(path: string, key: string | undefined, body: unknown) {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (key !== undefined) headers["idempotency-key"] = key;
  const signal = AbortSignal.timeout(5_000);
  const response = await fetch(town.shopUrl + path, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal,
  });
  return { status: response.status, body: await response.json() };
}

async function statusOf(orderId: string): Promise<OrderStatus> {
  const response = await fetch(`${town.shopUrl}/orders/${orderId}`);
  expect(response.status).toBe(200);
  return (await response.json()) as OrderStatus;
}

async function placed(key: string, more?: object): Promise<string> {
  const { status, body } = await post("/purchases", KEY + key, purchase(more));
  expect(status).toBe(202);
  return body.orderId;
}

async function statusOnce(orderId: string, holds: (status: OrderStatus) => boolean): Promise<OrderStatus> {
  let status = await statusOf(orderId);
  await waitUntil(`order ${orderId} to get there`, 30_000, async () => {
    status = await statusOf(orderId);
    return holds(status);
  });
  return status;
}

const subjectsTo = (address: string) =>
  town.mail.sent.filter(({ to }) => to === address).map(({ subject }) => subject.replace(/ \(.*/, ""));
const chargesFor = (orderId: string) =>
  town.payments.book.charges.filter(({ reference }) => reference === orderId);

describe("the door", () => {
  test("names every field that is wrong, and nothing is bought", async () => {
    const wrong = {
      product: "car",
      name: " ",
      email: "nobody",
      paymentMethod: "4242 4242 4242 4242",
      coupon: 1,
    };
    const { status, body } = await post("/purchases", `${KEY}wrong`, wrong);
    expect(status).toBe(400);
    const paths = body.fields.map(({ path }: { path: string }) => path);
    expect(paths.toSorted()).toEqual(["body", "email", "name", "paymentMethod", "product"]);
    expect(await post("/purchases", undefined, purchase())).toMatchObject({
      status: 400,
      body: { fields: [{ path: "Idempotency-Key" }] },
    });
    expect(
      (
        await fetch(`${town.shopUrl}/purchases`, {
          method: "POST",
          headers: { "idempotency-key": `${KEY}wrong` },
          body: "{",
        })
      ).status,
    ).toBe(400);
    expect((await fetch(`${town.shopUrl}/orders/ord_none`)).status).toBe(404);
  });

  test("the same Idempotency-Key is the same order; for something else it is refused", async () => {
    const orderId = await placed("twice");
    expect(await placed("twice")).toBe(orderId);
    expect((await post("/purchases", `${KEY}twice`, purchase({ product: "grinder" }))).status).toBe(409);
    await statusOnce(orderId, ({ settled }) => settled);
    expect(chargesFor(orderId)).toHaveLength(1);
  });

  test("an address registers once; the second time is refused with 409 and leaves nothing behind", async () => {
    const grace = { name: "Grace", email: "Grace@Example.com" };
    const first = await post("/registrations", `${KEY}grace`, grace);
    expect(first).toMatchObject({ status: 201, body: { customerId: expect.stringMatching(/^cus_/) } });
    expect(await post("/registrations", `${KEY}grace`, grace)).toEqual(first);
    expect(await post("/registrations", `${KEY}again`, grace)).toMatchObject({
      status: 409,
      body: { fields: [{ path: "email" }] },
    });
    await waitUntil("the welcome", 10_000, async () => subjectsTo("grace@example.com").length > 0);
    const { data } = await (await town.askOutbox("/messages?eventType=customer.registered")).json();
    expect(data).toHaveLength(1);
    const emails = await (await town.askOutbox("/emails")).json();
    expect(emails.data.filter(({ to }: { to: string[] }) => to.includes("grace@example.com"))).toHaveLength(
      1,
    );
  });

  test("a page that runs no scripts but its own", async () => {
    const response = await fetch(town.shopUrl);
    expect(response.headers.get("content-security-policy")).toContain(
      "default-src 'none'; script-src 'self'",
    );
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/);
  });
});

describe("an order", () => {
  test("that is paid is told step by step, and shipped", async () => {
    const orderId = await placed("paid", { email: "paid@example.com" });
    const status = await statusOnce(orderId, ({ settled, state }) => settled && state === "paid");
    expect(status.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "accepted done",
      "charging done",
      "paid done",
      "emailed done",
      "shipped done",
    ]);
    expect(status.operations.map(({ name }) => name).toSorted()).toEqual([
      "Paid",
      "We have your order",
      "charge-card",
      "order.paid",
    ]);
    expect(subjectsTo("paid@example.com")).toEqual(["We have your order", "Paid"]);
  });

  test("whose card is declined is cancelled, and its customer told so", async () => {
    const orderId = await placed("declined", {
      email: "declined@example.com",
      paymentMethod: "pm_visa_0002",
    });
    const status = await statusOnce(orderId, ({ settled, state }) => settled && state === "cancelled");
    expect(status.steps.map(({ name }) => name)).toEqual(["accepted", "charging", "cancelled", "emailed"]);
    expect(subjectsTo("declined@example.com")).toEqual(["We have your order", "Cancelled"]);
    expect(chargesFor(orderId)).toMatchObject([{ status: "declined" }]);
  });

  test("that is settled is neither charged nor told again when a person replays its work", async () => {
    const orderId = await placed("replayed", { email: "replayed@example.com" });
    const { operations } = await statusOnce(orderId, ({ settled }) => settled);
    const charging = operations.find(({ name }) => name === "charge-card");
    const calls = town.payments.book.calls.made;
    const attempts = charging?.attempts.length ?? 0;
    const answer = await town.askOutbox(
      `/messages/${charging?.messageId}/deliveries/ep_handler_charge-card/replay`,
      {},
    );
    expect(answer.status).toBe(202);
    const after = await statusOnce(
      orderId,
      ({ settled, operations }) =>
        settled &&
        operations.some(({ name, attempts: { length } }) => name === "charge-card" && length > attempts),
    );
    expect(after.state).toBe("paid");
    expect(after.operations).toHaveLength(4);
    expect(town.payments.book.calls.made).toBe(calls);
    expect(subjectsTo("replayed@example.com")).toEqual(["We have your order", "Paid"]);
  });
});

interface Buyer {
  key: string;
  email: string;
  body: object;
  orderId: string;
}

function makeBuyers(): Buyer[] {
  return Array.from({ length: PURCHASES }, (_, n) => {
    const email = `customer-${n}@example.com`;
    const paymentMethod = random.chance(0.1) ? "pm_visa_0002" : "pm_visa_4242";
    const product = random.pick(["beans", "moka-pot", "grinder"]);
    return {
      key: `purchase-${seed}-${n}-of-the-test`,
      email,
      body: purchase({ email, paymentMethod, product }),
      orderId: "",
    };
  });
}

/** The street before the shop: buyers come as fast as cards are charged, and so whoever is killed is killed amid purchases. */
class Street {
  repeated = 0;
  underWay = 0;
  readonly #waiting: Buyer[];
  readonly #hasRoom: (bought: number) => boolean;
  #bought = 0;

  constructor(buyers: readonly Buyer[], hasRoom: (bought: number) => boolean) {
    this.#waiting = [...buyers];
    this.#hasRoom = hasRoom;
  }

  async buyAll(): Promise<void> {
    await Promise.all(Array.from({ length: BUYERS }, () => this.#queueUp()));
  }

  async #queueUp(): Promise<void> {
    for (let buyer = this.#waiting.shift(); buyer; buyer = this.#waiting.shift()) {
      const place = this.#bought++;
      await waitUntil("room for another buyer", 120_000, async () => this.#hasRoom(place));
      await this.#buy(buyer);
    }
  }

  /** Who does not know what became of a purchase repeats it, until it is told. */
  async #buy(buyer: Buyer): Promise<void> {
    this.underWay++;
    for (;;) {
      const answer = await post("/purchases", buyer.key, buyer.body).catch(() => undefined);
      if (answer?.status === 202) {
        buyer.orderId = answer.body.orderId;
        this.underWay--;
        return;
      }
      this.repeated++;
      await pause(100);
    }
  }
}

/*
 * Setup: the shop with its payment API, which fails 30 % of the calls and charges some without telling; fulfilment; and a mail
 * provider that honours Idempotency-Key, as Resend does. Counting there is the honest way: an e-mail whose sender was killed before
 * it could write down the answer is sent again with the same key, and only a provider that knows the key can tell. Cloudflare's
 * binding takes none, so with it a customer could get such an e-mail twice.
 * Timeline: 500 purchases; the shop's process group is killed while charges are under way, several times, and fulfilment once.
 * What this proves: whoever dies, each order is charged once, ends paid or cancelled, is told once of each, and shipped once.
 */
test("500 purchases, and whoever is killed meanwhile: every effect is there, once", async () => {
  const startedAt = performance.now();
  const T = (w: string) => console.log(w, Math.round(performance.now() - startedAt));
  const buyers = makeBuyers();
  const { book } = town.payments;
  const before = { calls: { ...book.calls }, charges: book.charges.length, suppressed: town.mail.suppressed };
  const charged = () => book.charges.length - before.charges;
  const amid = (share: number) =>
    waitUntil(`a purchase amid ${share} of the charges`, 60_000, async () => {
      return charged() >= share * PURCHASES && street.underWay > 0;
    });
  const street = new Street(buyers, (bought) => bought - charged() < BACKLOG);
  const buying = street.buyAll();

  const shopKills = [random.between(0.05, 0.2), random.between(0.3, 0.5), random.between(0.6, 0.9)];
  const fulfilmentKill = 1;
  for (const [position, share] of shopKills.entries()) {
    await amid(share);
    T(`kill at ${charged()}`);
    await town.killShop();
    T("x");
    const fulfilmentToo = position === fulfilmentKill;
    if (fulfilmentToo) await town.killFulfilment();
    await Promise.all([town.startShop(), fulfilmentToo && town.startFulfilment()]);
  }
  T("restarted");
  await buying;
  const now = async () => (await (await town.askOutbox("/stats")).json()).now;
  await waitUntil("everything to be settled", 60_000, async () => (await now()).unsettled.count === 0);

  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `seed ${seed}: ${PURCHASES} purchases, ${shopKills.length} kills of the shop and 1 of fulfilment, ${street.repeated} requests repeated by their clients; ` +
      `${book.calls.made - before.calls.made} calls of the payment API, of which ${book.calls.failed - before.calls.failed} failed, ${book.calls.untold - before.calls.untold} charged ` +
      `without telling, and ${book.calls.repeated - before.calls.repeated} repeated an earlier one; ${town.mail.suppressed - before.suppressed} e-mails repeated, and suppressed; ${seconds} s`,
  );

  expect((await now()).deadLetters.count).toBe(0);
  expect(book.calls.repeated).toBeGreaterThan(0);
  expect(new Set(buyers.map(({ orderId }) => orderId)).size).toBe(PURCHASES);

  type Row = { id: string; state: string; charge: string; payment_id: string | null; email: string };
  const rows = await town.query<Row>(
    "shop",
    "SELECT o.id, o.state, c.state AS charge, c.payment_id, o.customer_email AS email FROM orders o JOIN charges c ON c.order_id = o.id WHERE o.customer_email LIKE 'customer-%'",
  );
  const shipments = await town.query<{ order_id: string }>("fulfilment", "SELECT order_id FROM shipments");
  const orders = new Map(rows.map((row) => [row.id, row]));
  expect(rows).toHaveLength(PURCHASES);
  expect(orders.size).toBe(PURCHASES);

  const made = buyers.map(({ orderId, email }) => {
    const { state, charge, payment_id } = orders.get(orderId) ?? {};
    const charges = chargesFor(orderId).map(({ id, status }) =>
      id === payment_id || status === "declined" ? status : id,
    );
    const shipped = shipments.filter(({ order_id }) => order_id === orderId).length;
    return { orderId, state, charge, charges, emails: subjectsTo(email).toSorted(), shipped };
  });
  const due = buyers.map(({ orderId, body }) => {
    const isDeclined = "paymentMethod" in body && body.paymentMethod === "pm_visa_0002";
    return isDeclined
      ? {
          orderId,
          state: "cancelled",
          charge: "declined",
          charges: ["declined"],
          emails: ["Cancelled", "We have your order"],
          shipped: 0,
        }
      : {
          orderId,
          state: "paid",
          charge: "succeeded",
          charges: ["succeeded"],
          emails: ["Paid", "We have your order"],
          shipped: 1,
        };
  });
  expect(made).toEqual(due);
}, 240_000);

test("an order that cannot be charged is not left pending unseen: it needs attention, and the office is told", async () => {
  const orderId = await placed("refused", { paymentMethod: "pm_nothing" });
  const status = await statusOnce(orderId, ({ state }) => state === "needs attention");
  expect(status.steps[1]).toMatchObject({ name: "charging", state: "failed" });
  await waitUntil("the office to be told", 10_000, async () => subjectsTo("office@shop.example").length > 0);
  const { data } = await (await town.askOutbox("/dead-letters")).json();
  expect(data).toMatchObject([{ endpointId: "ep_handler_charge-card" }]);
});

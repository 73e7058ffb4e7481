/// <reference types="node" />
import { setTimeout as pause } from "node:timers/promises";
import type { SeededRandom } from "../../sim/random.ts";
import { waitUntil } from "../programs/dev-server.ts";
import type { ShopTown } from "./shop-town.ts";

/** So many of them come at the same time. */
const DOORS = 16;
/** And so many orders at most wait for their charge. */
const BACKLOG = 140;
const DECLINED = 0.1;
/** They ask again when nothing was answered within so long: the order is the same. */
const ANSWER_MS = 5_000;

export interface Buyer {
  key: string;
  body: { product: string; name: string; email: string; paymentMethod: string };
  isDeclined: boolean;
  /** Empty until the purchase is answered. */
  orderId: string;
}

export function makeBuyers(count: number, random: SeededRandom): Buyer[] {
  return Array.from({ length: count }, (_, n) => {
    const isDeclined = random.chance(DECLINED);
    const paymentMethod = isDeclined ? "pm_visa_0002" : "pm_visa_4242";
    const product = random.pick(["beans", "moka-pot", "grinder"]);
    const body = { product, name: `Customer ${n}`, email: `customer-${n}@example.com`, paymentMethod };
    return { key: `purchase-${random.below(1e9)}-${n}`, body, isDeclined, orderId: "" };
  });
}

/** The street before the shop: buyers come as fast as cards are charged, so that whoever is killed is killed amid purchases. */
export class Street {
  /** Requests that were sent again because there was no answer. */
  repeated = 0;
  readonly #watchers: { charges: number; resolve: () => void }[] = [];
  readonly #town: ShopTown;
  readonly #waiting: Buyer[];
  readonly #charged: () => number;
  #admitted = 0;

  constructor(town: ShopTown, buyers: readonly Buyer[], charged: () => number) {
    this.#town = town;
    this.#waiting = [...buyers];
    this.#charged = charged;
  }

  async buyAll(): Promise<void> {
    await Promise.all(Array.from({ length: DOORS }, () => this.#enter()));
  }

  /** Resolves while a purchase is being sent, once there are so many charges. */
  amidPurchases(charges: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watchers.push({ charges, resolve });
    return promise;
  }

  #tellWatchers(): void {
    for (const { charges, resolve } of this.#watchers) if (this.#charged() >= charges) resolve();
  }

  async #enter(): Promise<void> {
    for (let buyer = this.#waiting.shift(); buyer; buyer = this.#waiting.shift()) {
      const place = this.#admitted++;
      await waitUntil("room for another buyer", async () => place - this.#charged() < BACKLOG);
      const bought = this.#buy(buyer);
      this.#tellWatchers();
      await bought;
    }
  }

  /** A buyer that does not know the fate of a purchase repeats it, until it is told. */
  async #buy(buyer: Buyer): Promise<void> {
    for (;;) {
      const patience = AbortSignal.timeout(ANSWER_MS);
      const answer = await this.#town
        .post("/purchases", buyer.key, buyer.body, patience)
        .catch(() => undefined);
      if (answer?.status === 202) {
        buyer.orderId = answer.body.orderId;
        return;
      }
      this.repeated++;
      await pause(100);
    }
  }
}

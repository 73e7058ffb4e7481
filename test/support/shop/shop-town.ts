/// <reference types="node" />
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPaymentApi, type PaymentApi } from "../../../examples/shop/payments/payment-api.ts";
import {
  type DevWorker,
  migrate,
  startWorker,
  type WorkerPlan,
} from "../../../examples/shop/run/dev-worker.ts";
import { registerEndpoints } from "../../../examples/shop/run/endpoints.ts";
import { planFulfilment, planShop } from "../../../examples/shop/run/plans.ts";
import type { OrderStatus } from "../../../examples/shop/src/status.ts";
import { runWrangler } from "../../../src/cli/wrangler.ts";
import { EmailBox, type Listening, listen } from "../../../src/testing/node.ts";
import { never } from "../outside/signals.ts";
import { findFreePort, OPERATOR_TOKEN } from "../programs/dev-server.ts";

/** Calls that the payment API never answers end after two seconds; what a busy machine cuts short beside them is tried often enough. */
const VARS = {
  RETRY_SCHEDULE: [
    0.2,
    0.2,
    0.3,
    0.3,
    ...Array(6).fill(0.5),
    ...Array(8).fill(1),
    ...Array(12).fill(3),
  ].join(),
  LEASE_SECONDS: "5",
  WEBHOOK_TIMEOUT_SECONDS: "2",
  EMAIL_DEV: "live",
  EMAIL_DEV_ALLOW: "*@example.com,*@shop.example",
  EMAIL_PROVIDER: "resend",
  RESEND_API_KEY: "re_of_a_test",
};
const CRON_EVERY_MS = 1000;

/** Answer of the shop to a POST. */
export interface Said {
  orderId: string;
  customerId: string;
  error: string;
  fields: { path: string; message: string }[];
}

/** The shop and all that it deals with: two Workers under wrangler dev, and two servers that are somebody else's. */
export class ShopTown {
  /** Stands in for Resend. */
  readonly mail = new EmailBox();
  readonly payments: PaymentApi;
  readonly #data: string;
  readonly #never = new AbortController().signal;
  readonly #plans: { shop: WorkerPlan; fulfilment: WorkerPlan };
  #mailServer: Listening | undefined;
  #shop: DevWorker | undefined;
  #fulfilment: DevWorker | undefined;

  private constructor(
    payments: PaymentApi,
    data: string,
    plans: { shop: WorkerPlan; fulfilment: WorkerPlan },
  ) {
    this.payments = payments;
    this.#data = data;
    this.#plans = plans;
  }

  static async open(seed: number): Promise<ShopTown> {
    const temper = { seed, failing: 0.3, broken: 0.05, silent: 0.01, delayMs: [10, 50] as const };
    const payments = await openPaymentApi(temper);
    const data = mkdtempSync(join(tmpdir(), "edge-outbox-shop-"));
    const ports = [await findFreePort(), await findFreePort()] as const;
    const common = {
      data,
      operatorToken: OPERATOR_TOKEN,
      paymentsUrl: payments.url,
      cronEveryMs: CRON_EVERY_MS,
    };
    const town = new ShopTown(payments, data, {
      shop: planShop({ ...common, port: ports[0] }),
      fulfilment: planFulfilment(ports[1], data, ""),
    });
    await town.#settle();
    return town;
  }

  async #settle(): Promise<void> {
    const { shop, fulfilment } = this.#plans;
    this.#mailServer = await listen(this.mail);
    Object.assign(shop.vars, VARS, { RESEND_BASE_URL: this.#mailServer.url });
    await Promise.all([migrate(shop, this.#never), migrate(fulfilment, this.#never)]);
    await this.startShop();
    const url = `http://127.0.0.1:${fulfilment.port}`;
    fulfilment.vars["WEBHOOK_SECRET"] = await registerEndpoints(this.shopUrl, OPERATOR_TOKEN, url);
    await this.startFulfilment();
  }

  get shopUrl(): string {
    return `http://127.0.0.1:${this.#plans.shop.port}`;
  }

  async startShop(): Promise<void> {
    this.#shop = await startWorker(this.#plans.shop, this.#never);
  }

  async startFulfilment(): Promise<void> {
    this.#fulfilment = await startWorker(this.#plans.fulfilment, this.#never);
  }

  killShop = () => this.#shop?.kill();
  killFulfilment = () => this.#fulfilment?.kill();

  /** Sends something to the shop. Throws when there is no answer. */
  async post(
    path: string,
    key: string | undefined,
    body: unknown,
    signal = never(),
  ): Promise<{ status: number; body: Said }> {
    const headers = {
      "content-type": "application/json",
      ...(key !== undefined && { "idempotency-key": key }),
    };
    const init = { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await fetch(this.shopUrl + path, { ...init, signal });
    return { status: response.status, body: (await response.json()) as Said };
  }

  async statusOf(orderId: string): Promise<OrderStatus> {
    const response = await fetch(`${this.shopUrl}/orders/${orderId}`);
    if (response.status !== 200) throw new Error(`The status of ${orderId} is answered ${response.status}`);
    return (await response.json()) as OrderStatus;
  }

  /** Asks the outbox of the shop, as its operator does: with a body it is a POST. */
  async askOutbox<Answer>(path: string, body?: object): Promise<Answer> {
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" };
    const init = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
    const response = await fetch(`${this.shopUrl}/outbox/v1/tenants/shop${path}`, init);
    if (!response.ok) throw new Error(`${path} is answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** Contents of the database of a stopped Worker: two programs on one SQLite file lock each other out. */
  async query<Row>(worker: "shop" | "fulfilment", sql: string): Promise<Row[]> {
    const { config, data } = this.#plans[worker];
    const where = ["--local", "--config", config, "--persist-to", data];
    const { stdout } = await runWrangler(
      ["d1", "execute", "DB", ...where, "--json", "--command", sql],
      this.#never,
    );
    const [{ results }] = JSON.parse(stdout) as [{ results: Row[] }];
    return results;
  }

  async close(): Promise<void> {
    await Promise.all([this.killShop(), this.killFulfilment()]);
    await Promise.all([this.#mailServer?.close(), this.payments.close()]);
    rmSync(this.#data, { recursive: true, force: true, maxRetries: 3 });
  }
}

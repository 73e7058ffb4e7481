import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Shop } from "../../support/shop/shop.ts";
import { build } from "./built-worker.ts";
import { describeBuilt } from "./cases.ts";

const shop = new Shop();
afterAll(() => shop.close());

/** As hard as an app can make it: names are shortened, and nothing keeps them. */
async function buildShop() {
  await shop.install();
  const config = join(shop.folder, "wrangler.toml");
  writeFileSync(config, `keep_names = false\n${readFileSync(config, "utf8")}`);
  return build(shop.folder, "--minify");
}

describeBuilt("the Worker that an app builds with the package", buildShop, (worker) => {
  /** Commits an order, and answers the delivery of its work, once it is settled. */
  async function place(order: { id: string; total: number }) {
    const { status, body } = await worker().call("POST", "/orders", order);
    expect(status).toBe(202);
    const [, { id }] = body.messages;
    const { deliveries } = await worker().settled("/v1/tenants/acme", id);
    return deliveries[0];
  }

  test("commits with the app's rows, and its handler's statements with the outcome", async () => {
    await worker().createTenant("acme");
    expect(await place({ id: "1001", total: 42 })).toMatchObject({ channel: "handler", state: "delivered" });
    const { body } = await worker().call("GET", "/orders");
    expect(body).toEqual([{ id: "1001", total: 42, charged: 1 }]);
  });

  test("knows a handler's wish to be called again, and its giving up", async () => {
    const later = await place({ id: "later", total: 0 });
    expect(later).toMatchObject({ state: "delivered", attempts: [{ error: "retry_asked" }, {}] });
    const refused = await place({ id: "refused", total: -1 });
    expect(refused).toMatchObject({ state: "dead", attempts: [{ error: "gave_up" }] });
  });

  test("tells the app what is wrong by an OutboxError of the name and code it is known by", async () => {
    const { status, body } = await worker().call("POST", "/orders", { id: "x".repeat(300), total: 1 });
    expect([status, body]).toEqual([422, { name: "OutboxError", code: "invalid_input" }]);
  });
});

/** `npm run example:shop`: the payment API, the shop and its fulfilment, on this machine. Ctrl-C stops all of it. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort, isAnswering } from "../../../src/cli/port.ts";
import { runProgram } from "../../../src/cli/program.ts";
import { BAD_TEMPER } from "../payments/payment-api.ts";
import { migrate, startWorker } from "./dev-worker.ts";
import { registerEndpoints } from "./endpoints.ts";
import { guide } from "./guide.ts";
import { keepAlive } from "./keep-alive.ts";
import { startPayments } from "./payments-process.ts";
import { planFulfilment, planShop } from "./plans.ts";
import { Progress } from "./progress.ts";

await runProgram(async (stopping) => {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-shop-"));
  const running: { stop(): Promise<void> }[] = [];
  try {
    const progress = new Progress(4);
    const seed = Date.now() % 1e6;
    const payments = await progress.step(`The payment API, with seed ${seed}`, async () =>
      startPayments({ port: await choosePort(8790), seed }),
    );
    running.push(payments);

    const operatorToken = `eop-${randomBytes(32).toString("hex")}`;
    const shopPlan = planShop({
      port: await choosePort(8787),
      data,
      paymentsUrl: payments.url,
      operatorToken,
    });
    const fulfilmentPort = await choosePort(8788);
    await progress.step("The databases of the shop and of its fulfilment", () =>
      Promise.all([migrate(shopPlan, stopping), migrate(planFulfilment(fulfilmentPort, data, ""), stopping)]),
    );
    const shop = await progress.step("The shop", () =>
      keepAlive("The shop", () => startWorker(shopPlan, stopping)),
    );
    running.push(shop);
    const fulfilment = await progress.step("Fulfilment, which hears of paid orders", async () => {
      const secret = await registerEndpoints(shop.url, operatorToken, `http://127.0.0.1:${fulfilmentPort}`);
      const plan = planFulfilment(fulfilmentPort, data, secret);
      return keepAlive("Fulfilment", () => startWorker(plan, stopping));
    });
    running.push(fulfilment);

    console.log(guide({ shop, fulfilment, payments, operatorToken, temper: BAD_TEMPER }));
    await untilAborted(stopping);
    return 0;
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    rmSync(data, { recursive: true, force: true, maxRetries: 3 });
  }
});

/** The one that the documentation names, if nobody has it. */
async function choosePort(wanted: number): Promise<number> {
  return (await isAnswering("127.0.0.1", wanted)) ? findFreePort() : wanted;
}

async function untilAborted(stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return;
  await new Promise((resolve) => stopping.addEventListener("abort", resolve, { once: true }));
  console.log("\nStopping …");
}

/** `node examples/shop/payments/main.ts --port 8790 --seed 1` */
import { parseArgs } from "node:util";
import { runProgram } from "../../../src/cli/program.ts";
import { BAD_TEMPER, openPaymentApi } from "./payment-api.ts";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, seed: { type: "string", default: "1" } },
});

await runProgram(async (stopping) => {
  const api = await openPaymentApi({ seed: Number(values.seed), ...BAD_TEMPER }, Number(values.port));
  console.log(`The payment API listens on ${api.url}`);
  await new Promise((resolve) => stopping.addEventListener("abort", resolve, { once: true }));
  await api.close();
  return 0;
});

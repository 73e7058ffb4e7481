/**
 * `npm run bench`: measures accepting, draining and latency, beside peers. `npm run bench -- NAME` measures something else:
 * `cloudflare`, `cost`, `email`, `fairness`, `growth`, `handlers`, `hanging`, `mixed`, `neighbour`, `pages`, `rate`, `startup`, `storage`, `throughput`.
 * Each tells in its own file what it does, and what it takes after its name.
 */
import { argv, exit } from "node:process";

const BENCHES: Readonly<Record<string, string>> = {
  beside: "./beside/beside.ts",
  cloudflare: "./cloudflare/cloudflare.ts",
  cost: "./cost/cost.ts",
  email: "./email.ts",
  fairness: "./fairness.ts",
  growth: "./growth/growth.ts",
  hanging: "./hanging.ts",
  handlers: "./handlers/handlers.ts",
  mixed: "./cloudflare/mixed.ts",
  neighbour: "./neighbour.ts",
  pages: "./pages.ts",
  rate: "./rate-limit.ts",
  startup: "./startup/startup.ts",
  storage: "./storage/storage.ts",
  throughput: "./throughput.ts",
};

const [, , first = ""] = argv;
const isNamed = first !== "" && !first.startsWith("-");
const file = BENCHES[isNamed ? first : "beside"];
if (file === undefined) {
  console.error(`There is no bench "${first}". There are: ${Object.keys(BENCHES).join(", ")}`);
  exit(2);
}
if (isNamed) argv.splice(2, 1);
await import(file);

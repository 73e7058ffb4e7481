import { copyFileSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { patience } from "./test/support/runner/patience.ts";

/** Retries come at once. Leases and timeouts are long: on a busy machine none of them ends by itself. */
const settings = {
  OPERATOR_TOKEN: "operator-token-for-tests",
  LOG_LEVEL: "debug",
  ENVIRONMENT: "development",
  // The one that seals, and the one before it.
  SECRET_KEYS: `test:${btoa("a key that seals in tests only..")},before:${btoa("the one before it, in tests too.")}`,
  ALLOW_LOOPBACK_ENDPOINTS: "true",
  RETRY_SCHEDULE: "0.1,0.1,0.1",
  LEASE_SECONDS: "3600",
  WEBHOOK_TIMEOUT_SECONDS: "60",
  // To the emulated binding, and to the providers that stand in for others.
  EMAIL_DEV: "live",
  EMAIL_DEV_ALLOW: "*@example.com",
  EMAIL_PROVIDER: "binding",
  EMAIL_FROM: "outbox@example.com",
  EMAIL_UNSUBSCRIBE_URL: "http://localhost/u",
  RESEND_WEBHOOK_SECRET: `whsec_${btoa("the secret of Resend, in tests")}`,
};

/** How much of the fuzz test is played; `npm run fuzz` says more. */
const fuzz = {
  FUZZ_REQUESTS: process.env["FUZZ_REQUESTS"] ?? "1500",
  FUZZ_SEED: process.env["FUZZ_SEED"] ?? "1",
};

/** Tests that go through the Worker: with its queues and alarms, of which something may still be on its way when a file ends. */
const THROUGH_THE_WORKER = ["api", "client", "fuzz", "journey"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

const CACHE = join(import.meta.dirname, "node_modules/.cache");

/** wrangler.toml where no .dev.vars lies beside it: what somebody has set for `npm start` is nothing to the tests. */
function copyConfig(): string {
  const folder = join(CACHE, "edge-outbox-tests");
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(import.meta.dirname, "wrangler.toml"), join(folder, "wrangler.toml"));
  return join(folder, "wrangler.toml");
}

const workerd = async () => ({
  main: "./src/worker.ts",
  wrangler: { configPath: copyConfig() },
  miniflare: {
    r2Buckets: ["EMAIL_ATTACHMENTS"],
    bindings: {
      ...settings,
      ...fuzz,
      TEST_MIGRATIONS: await readD1Migrations("migrations"),
      TEST_INBOX_MIGRATIONS: await readD1Migrations("migrations/inbox"),
    },
  },
});

/** Files share a runtime, which takes longer to start than most of them take. */
const together = { isolate: false, ...patience };

/** Tests that run in Node, and start wrangler again and again. */
const inNode = (name: "node" | "whole" | "browser", ...globalSetup: string[]) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup,
    env: { NODE_COMPILE_CACHE: join(CACHE, "compiled") },
    ...patience,
  },
});

export default defineConfig({
  test: {
    silent: "passed-only",
    // Much of a test is waiting: more files than cores have their turn.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    // Histories with a bug are played side by side, one on each core.
    maxConcurrency: Math.max(2, availableParallelism()),
    projects: [
      {
        plugins: [cloudflareTest(workerd)],
        test: {
          name: "worker",
          include: THROUGH_THE_WORKER,
          globalSetup: [
            "test/support/runner/build-dashboard.ts",
            "test/support/runner/runtime-words.ts",
            "test/support/runner/start-receiver.ts",
          ],
          setupFiles: ["test/support/runner/stay-here.ts", "test/support/runner/begin-empty.ts"],
          ...together,
        },
      },
      {
        plugins: [cloudflareTest(workerd)],
        test: {
          name: "rooms",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...THROUGH_THE_WORKER,
            "test/app/**",
            "test/browser/**",
            "test/node/**",
            "test/whole/**",
            "test/sim/**",
            "**/node_modules/**",
          ],
          globalSetup: [
            "test/support/runner/runtime-words.ts",
            "test/support/runner/start-receiver.ts",
            "test/support/runner/start-email-servers.ts",
          ],
          setupFiles: ["test/support/runner/stay-here.ts", "test/support/runner/begin-empty.ts"],
          ...together,
        },
      },
      {
        plugins: [cloudflareTest(async () => ({ ...(await workerd()), main: "./test/app/app.ts" }))],
        test: {
          name: "app",
          include: ["test/app/**/*.test.ts"],
          globalSetup: ["test/support/runner/runtime-words.ts"],
          setupFiles: ["test/support/runner/stay-here.ts", "test/support/runner/begin-empty.ts"],
          ...together,
        },
      },
      inNode("node", "test/support/runner/build-dashboard.ts", "test/support/runner/make-parcel-folder.ts"),
      // Whole programs, as people run them: minutes of wrangler. Not part of `npm test`, but of `npm run check`.
      inNode("whole", "test/support/runner/make-parcel-folder.ts", "test/support/runner/find-prometheus.ts"),
      // Pages in a Chromium, where there is one: part of `npm run test:whole`.
      inNode("browser", "test/browser/find-browser.ts"),
      {
        // Not part of `npm test`, which it would double: `npm run mutants`.
        test: { name: "mutants", include: ["test/sim/mutants.test.ts"], ...patience },
      },
    ],
  },
});

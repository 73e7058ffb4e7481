import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/** Settings scaled down, so that retries and leases happen while a test looks on. */
const settings = {
  OPERATOR_TOKEN: "operator-token-for-tests",
  ENVIRONMENT: "development",
  // The one that seals, and the one before it.
  SECRET_KEYS: `test:${btoa("a key that seals in tests only..")},before:${btoa("the one before it, in tests too.")}`,
  ALLOW_LOOPBACK_ENDPOINTS: "true",
  RETRY_SCHEDULE: "0.1,0.1,0.1",
  LEASE_SECONDS: "4",
  WEBHOOK_TIMEOUT_SECONDS: "1",
  // Whatever .dev.vars says.
  EMAIL_PROVIDER: "binding",
  EMAIL_FROM: "outbox@example.com",
};

/** How much of the fuzz test is played; `npm run fuzz` says more. */
const fuzz = {
  FUZZ_REQUESTS: process.env["FUZZ_REQUESTS"] ?? "1500",
  FUZZ_SEED: process.env["FUZZ_SEED"] ?? "1",
};

const workerd = async () => ({
  wrangler: { configPath: "./wrangler.toml" },
  miniflare: {
    bindings: {
      ...settings,
      ...fuzz,
      TEST_MIGRATIONS: await readD1Migrations("migrations"),
      TEST_INBOX_MIGRATIONS: await readD1Migrations("migrations/inbox"),
    },
  },
});

export default defineConfig({
  test: {
    silent: "passed-only",
    // Much of a test is waiting: more files than cores have their turn.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        plugins: [cloudflareTest(workerd)],
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: ["test/app/**", "test/node/**", "test/sim/**", "**/node_modules/**"],
          globalSetup: ["test/support/start-receiver.ts"],
          setupFiles: ["test/support/apply-migrations.ts"],
          testTimeout: 20_000,
        },
      },
      {
        plugins: [cloudflareTest(async () => ({ ...(await workerd()), main: "./test/app/app.ts" }))],
        test: {
          name: "app",
          include: ["test/app/**/*.test.ts"],
          setupFiles: ["test/support/apply-migrations.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "node",
          include: ["test/node/**/*.test.ts"],
          globalSetup: ["test/support/make-parcel-folder.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Not part of `npm test`, which it would double: `npm run mutants`.
        test: { name: "mutants", include: ["test/sim/mutants.test.ts"], testTimeout: 120_000 },
      },
    ],
  },
});

/** `npm run deploy`: a rehearsal, the database, its migrations, the Worker. `-- --dry-run` is the rehearsal alone. */
import { parseArgs } from "node:util";
import { MAKE_OPERATOR_TOKEN } from "../platform/token-prefixes.ts";
import { refuseDevelopment, requirePlainDryRun } from "./deploy-check.ts";
import { CommandError, runProgram } from "./program.ts";
import { rehearse } from "./rehearse.ts";
import { requireTrigger } from "./require-trigger.ts";
import { upload } from "./upload.ts";
import { runWrangler, startWrangler } from "./wrangler.ts";

const STEPS = 3;

/** Secrets that the Worker needs, how to make each, and the Worker's behaviour without it. */
const SECRETS = {
  OPERATOR_TOKEN: {
    make: MAKE_OPERATOR_TOKEN,
    without: "the HTTP API lets nobody in",
  },
  SECRET_KEYS: {
    make: 'echo "key1:$(openssl rand -base64 32)"',
    without:
      "no webhook endpoint can be made, and what is sealed does not open. Keep a copy: docs/operate/secrets.md",
  },
};

await runProgram(async (stopping) => {
  const given = process.argv.slice(2);
  const isGiven = (...flags: string[]) => given.some((flag) => flags.includes(flag));
  if (isGiven("--help", "-h")) return startWrangler(["deploy", "--help"], "inherit", stopping).exited;
  requirePlainDryRun(given);
  refuseDevelopment(given);
  const said = await rehearse(given, stopping);
  if (isGiven("--dry-run")) {
    console.log(said);
    return 0;
  }
  const target = readTarget(given);
  await requireLogin(target, stopping);
  await ensureDatabase(target, stopping);
  await migrateRemotely(target, stopping);
  await requireTrigger(target, stopping);
  announce(3, "The Worker and its queues");
  await upload(given, stopping);
  await remindOfSecrets(target, stopping);
  return 0;
});

/** The flags that every step needs, because they name the Worker and the account. */
function readTarget(given: readonly string[]): string[] {
  const options = {
    config: { type: "string", short: "c" },
    env: { type: "string", short: "e" },
    "env-file": { type: "string", multiple: true },
    envFile: { type: "string", multiple: true },
    profile: { type: "string" },
    cwd: { type: "string" },
  } as const;
  const { values } = parseArgs({ args: [...given], options, strict: false });
  return Object.keys(options).flatMap((name) => {
    const said = [values[name] ?? []].flat();
    return said.flatMap((value) => (typeof value === "string" ? [`--${name}`, value] : []));
  });
}

async function requireLogin(target: readonly string[], stopping: AbortSignal): Promise<void> {
  const { stdout } = await runWrangler(["whoami", "--json", ...target], stopping);
  if (/"loggedIn":\s*false/.test(stdout)) {
    throw new CommandError(
      "You are not logged in to Cloudflare. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN (and " +
        "CLOUDFLARE_ACCOUNT_ID) to a token that may edit Workers, D1 and Queues. Then run `npm run deploy` again.",
    );
  }
}

/** Deploying would make the database, but the migrations come first. */
async function ensureDatabase(target: readonly string[], stopping: AbortSignal): Promise<void> {
  announce(1, "The database");
  const info = await runWrangler(["d1", "info", "DB", "--json", ...target], stopping);
  if (info.exitCode === 0) return console.log("It exists.");
  const [, name] = /Couldn't find a D1 DB named '([^']+)'/.exec(info.output) ?? [];
  if (name === undefined) {
    throw new CommandError(
      `${info.output.trim()}\n\nThe database could not be looked up; wrangler's words are above. Nothing was changed.`,
    );
  }
  const created = await runWrangler(["d1", "create", name, "--update-config=false", ...target], stopping);
  if (created.exitCode !== 0) {
    throw new CommandError(
      `${created.output.trim()}\n\nThe database ${name} could not be made; wrangler's words are above. Nothing was changed.`,
    );
  }
  console.log(`There was none: ${name} is made.`);
}

async function migrateRemotely(target: readonly string[], stopping: AbortSignal): Promise<void> {
  announce(2, "Its migrations");
  const args = ["d1", "migrations", "apply", "DB", "--remote", ...target];
  const exitCode = await startWrangler(args, ["ignore", "inherit", "inherit"], stopping).exited;
  if (exitCode === 0) return;
  throw new CommandError(
    "The migrations were not all applied, and the Worker was not deployed: the old one, if there is one, goes on. " +
      "Mend the fault that wrangler names above, and run `npm run deploy` again. Applied migrations stay applied.",
    exitCode,
  );
}

async function remindOfSecrets(target: readonly string[], stopping: AbortSignal): Promise<void> {
  const { exitCode, stdout } = await runWrangler(["secret", "list", "--format", "json", ...target], stopping);
  const missing = Object.entries(SECRETS).filter(([name]) => exitCode !== 0 || !stdout.includes(`"${name}"`));
  console.log("\nDeployed.");
  for (const [name, { make, without }] of missing) {
    const state = exitCode === 0 ? "has no" : "may have no";
    console.log(
      `\nThe Worker ${state} ${name} yet, and without it ${without}. Make one and set it:\n\n` +
        `  ${make}\n  npx wrangler secret put ${name} ${target.join(" ")}`.trimEnd(),
    );
  }
}

function announce(step: number, what: string) {
  console.log(`\n${step}/${STEPS}  ${what}`);
}

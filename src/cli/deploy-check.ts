import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { CommandError } from "./program.ts";
import { readVariables } from "./variables.ts";
import { projectRoot } from "./wrangler.ts";

/** Settings of development: their values that a deployment takes, and the harm of the others. */
const OF_DEVELOPMENT = [
  {
    name: "ALLOW_LOOPBACK_ENDPOINTS",
    isFine: (value: string) => ["", "false", "0"].includes(value),
    harm: "webhooks could reach programs that run beside the outbox",
  },
  {
    name: "EMAIL_DEV_ALLOW",
    isFine: (value: string, { isProduction }: Deployed) => value === "" || !isProduction,
    harm: "production sends e-mails to everybody, and no list holds them back",
  },
  {
    name: "EMAIL_DEV",
    isFine: (value: string, { isProduction }: Deployed) => value !== "mailbox" || !isProduction,
    harm: "production sends e-mails to everybody, and has no mailbox",
  },
  {
    name: "ENVIRONMENT",
    isFine: (value: string, { isLive }: Deployed) => value !== "development" || isLive,
    harm: "no e-mail would be sent, unless EMAIL_DEV is live and EMAIL_DEV_ALLOW says to whom",
  },
];

interface Deployed {
  isProduction: boolean;
  /** True: with `ENVIRONMENT=development` some addresses get e-mails. */
  isLive: boolean;
}

/**
 * Refuses to deploy settings that are for development only. The Worker would refuse to start, but only after the
 * migrations.
 * @param given the flags of `wrangler deploy`: which configuration, which environment, which variables
 * @throws {CommandError} if so, and when the configuration cannot be read
 */
export function refuseDevelopment(given: readonly string[], root = projectRoot): void {
  const options = {
    config: { type: "string", short: "c" },
    env: { type: "string", short: "e" },
    cwd: { type: "string" },
    var: { type: "string", multiple: true },
  } as const;
  const { values, positionals } = parseArgs({ args: [...given], options, strict: false });
  const byFlag = readVariables(values.var, positionals);
  const folder = typeof values.cwd === "string" ? resolve(root, values.cwd) : root;
  const config =
    typeof values.config === "string" ? resolve(folder, values.config) : join(folder, "wrangler.toml");
  const env = typeof values.env === "string" ? values.env : undefined;
  const setting = (name: string) => byFlag.get(name) ?? readSetting(name, config, env);
  const lowered = (name: string) => String(setting(name) ?? "").toLowerCase();
  const deployed = {
    isProduction: lowered("ENVIRONMENT") !== "development",
    isLive: lowered("EMAIL_DEV") === "live",
  };
  for (const { name, isFine, harm } of OF_DEVELOPMENT) {
    const flag = byFlag.get(name);
    const value = setting(name);
    if (isFine(lowered(name), deployed)) continue;
    throw new CommandError(
      `${name} is ${value} ${flag === undefined ? `in ${config}` : "by --var"}, but is for development only: ${harm}. ` +
        "Remove it, and deploy again. Nothing was changed.",
    );
  }
}

/**
 * Refuses other spellings of `--dry-run`, which wrangler takes too: a meant rehearsal must not migrate the database,
 * nor a meant deployment leave it unmigrated.
 * @throws {CommandError} for any other spelling
 */
export function requirePlainDryRun(given: readonly string[]): void {
  const said = given.findIndex((flag) => /^--(no-)?dry-?run(=|$)/i.test(flag));
  if (said < 0) return;
  const words = given.slice(said, said + 2).join(" ");
  if (/^--dry-run(?! (true|false)$)( |$)/.test(words)) return;
  throw new CommandError(
    "Write --dry-run, without a value, for a rehearsal, or leave it out. Nothing was changed.",
  );
}

function readSetting(name: string, config: string, env: string | undefined): unknown {
  try {
    return readConfig({ config, env }, { hideWarnings: true }).vars[name];
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : error}\n\nNothing was changed.`);
  }
}

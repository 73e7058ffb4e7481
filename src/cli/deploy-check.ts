import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { CommandError } from "./program.ts";
import { readVariables } from "./variables.ts";
import { projectRoot } from "./wrangler.ts";

const SETTING = "ALLOW_LOOPBACK_ENDPOINTS";

/**
 * Refuses to deploy what would let webhooks reach loopback. The Worker would refuse to start, but by then the database is
 * migrated.
 * @param given the flags of `wrangler deploy`: which configuration, which environment, which variables
 * @throws {CommandError} if so, and when the configuration cannot be read
 */
export function refuseLoopback(given: readonly string[], root = projectRoot): void {
  const options = {
    config: { type: "string", short: "c" },
    env: { type: "string", short: "e" },
    var: { type: "string", multiple: true },
  } as const;
  const { values, positionals } = parseArgs({ args: [...given], options, strict: false });
  const byFlag = readVariables(values.var, positionals).get(SETTING);
  const config =
    typeof values.config === "string" ? resolve(root, values.config) : join(root, "wrangler.toml");
  const value = byFlag ?? readSetting(config, typeof values.env === "string" ? values.env : undefined);
  if (["", "false", "0"].includes(String(value ?? "").toLowerCase())) return;
  throw new CommandError(
    `${SETTING} is ${value} ${byFlag === undefined ? `in ${config}` : "by --var"}, which is for development only: webhooks could ` +
      "reach what runs beside the outbox. Take it away, and deploy again. Nothing was changed.",
  );
}

function readSetting(config: string, env: string | undefined): unknown {
  try {
    return readConfig({ config, env }, { hideWarnings: true }).vars[SETTING];
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : error}\n\nNothing was changed.`);
  }
}

import { parseArgs } from "node:util";
import { CommandError } from "../program.ts";

/**
 * Role of the Worker. `embedded`: contains the whole outbox. `sidecar`: commits to its own database, and another Worker
 * relays. `inbox`: receives webhooks.
 */
export type Mode = "embedded" | "sidecar" | "inbox";

export interface InitOptions {
  mode: Mode;
  config: string | undefined;
  /** The section of the configuration to write to, instead of its top level. */
  env: string | undefined;
  /** The binding of the database. */
  database: string | undefined;
  /** For `sidecar`: the Worker that relays. */
  script: string;
  /** Write without asking. */
  yes: boolean;
  help: boolean;
}

const FLAGS = {
  config: { type: "string", short: "c" },
  env: { type: "string", short: "e" },
  database: { type: "string" },
  sidecar: { type: "boolean" },
  script: { type: "string" },
  inbox: { type: "boolean" },
  yes: { type: "boolean", short: "y" },
  help: { type: "boolean", short: "h" },
} as const;

const DEFAULT_SCRIPT = "edge-outbox";

export const initHelp = `Usage: npx edge-outbox init [flags]

Adds the outbox to the Worker of this folder: its migration, its bindings. Shows what it would write, and asks first.
What is there already stays as it is.

  -c, --config <path>    the configuration; else wrangler.json, wrangler.jsonc or wrangler.toml of this folder
  -e, --env <name>       write to this environment of the configuration, and not to its top level
      --database <name>  the binding of the D1 database, if there are several
      --sidecar          only what a Worker needs whose messages another Worker relays
      --script <name>    of --sidecar: the Worker that relays (default: ${DEFAULT_SCRIPT})
      --inbox            only what a Worker needs that receives webhooks
  -y, --yes              write without asking
  -h, --help             show this`;

/** @throws {CommandError} with exit code 2 for an unknown flag, or contradictory flags */
export function readInitOptions(given: readonly string[]): InitOptions {
  const values = parse(given);
  if (values.sidecar && values.inbox) {
    throw new CommandError("--sidecar and --inbox exclude each other. Run init once with each.", 2);
  }
  if (values.script !== undefined && !values.sidecar) {
    throw new CommandError("--script names the Worker that relays, and needs --sidecar.", 2);
  }
  for (const name of ["config", "env", "database", "script"] as const) {
    if (values[name] === "")
      throw new CommandError(`--${name} is empty. Give it a value, or leave it out.`, 2);
  }
  return {
    mode: values.sidecar ? "sidecar" : values.inbox ? "inbox" : "embedded",
    config: values.config,
    env: values.env,
    database: values.database,
    script: values.script ?? DEFAULT_SCRIPT,
    yes: values.yes === true,
    help: values.help === true,
  };
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({ args: [...given], options: FLAGS }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new CommandError(`${reason}\nThe flags of init: npx edge-outbox init --help`, 2);
  }
}

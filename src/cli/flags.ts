import { parseArgs } from "node:util";
import { CommandError } from "./program.ts";
import { readVariables } from "./variables.ts";

/** The flags of `wrangler dev`, as far as the launcher must know them. */
export interface DevFlags {
  /** All flags except the port, handed on unchanged, with the launcher's own where the user chose none. */
  rest: readonly string[];
  /** 0: any free port. */
  port: number | undefined;
  host: string;
  persistTo: string;
  /** Flags with which `wrangler d1` finds the database of the server. */
  database: readonly string[];
  /** The configuration and its environment, and the files of settings in place of .dev.vars. */
  config: string | undefined;
  env: string | undefined;
  envFiles: readonly string[];
  /** Settings that the launcher would make or tells of, as set by `--var`. */
  operatorToken: string | undefined;
  environment: string | undefined;
  emailProvider: string | undefined;
  emailDev: string | undefined;
  emailDevAllow: string | undefined;
  secretKeys: string | undefined;
  /** True if only the help is asked for. */
  help: boolean;
}

const KNOWN = {
  port: { type: "string" },
  ip: { type: "string" },
  "persist-to": { type: "string" },
  "local-protocol": { type: "string" },
  config: { type: "string", short: "c" },
  env: { type: "string", short: "e" },
  "env-file": { type: "string", multiple: true },
  var: { type: "string", multiple: true },
  help: { type: "boolean", short: "h" },
} as const;

/** Flags without a fixed port or a terminal. */
const DEFAULTS = { "inspector-port": "0", "show-interactive-dev-session": "false" };

/** @throws {CommandError} for a flag that wrangler would take in another sense */
export function readDevFlags(given: readonly string[]): DevFlags {
  const { values, positionals, tokens } = parseArgs({
    args: [...given],
    options: KNOWN,
    strict: false,
    tokens: true,
  });
  const text = (name: keyof typeof KNOWN) => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  if (text("local-protocol") === "https") {
    throw new CommandError("The launcher watches the server over http. Leave out --local-protocol https.");
  }
  const defaults = Object.entries(DEFAULTS)
    .filter(([name]) => !(name in values))
    .map(([name, value]) => `--${name}=${value}`);
  const ofPort = tokens.flatMap((token) => {
    if (token.kind !== "option" || token.name !== "port") return [];
    return token.inlineValue ? [token.index] : [token.index, token.index + 1];
  });
  const database = (["persist-to", "config", "env"] as const).flatMap((name) => {
    const value = text(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  const variables = readVariables(values.var, positionals);
  return {
    rest: [...defaults, ...given.filter((_, index) => !ofPort.includes(index))],
    port: readPort(values.port),
    host: text("ip") ?? "127.0.0.1",
    persistTo: text("persist-to") ?? ".wrangler/state",
    database,
    config: text("config"),
    env: text("env"),
    envFiles: [values["env-file"] ?? []].flat().filter((value) => typeof value === "string"),
    operatorToken: variables.get("OPERATOR_TOKEN"),
    environment: variables.get("ENVIRONMENT"),
    emailProvider: variables.get("EMAIL_PROVIDER"),
    emailDev: variables.get("EMAIL_DEV"),
    emailDevAllow: variables.get("EMAIL_DEV_ALLOW"),
    secretKeys: variables.get("SECRET_KEYS"),
    help: values.help === true,
  };
}

function readPort(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const port = typeof value === "string" ? Number(value) : Number.NaN;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new CommandError(
      "--port must be a number from 0 to 65535, as in --port 9000; 0 means any free one.",
    );
  }
  return port;
}

import { parseArgs } from "node:util";
import { CommandError } from "./program.ts";

/** The flags of `wrangler dev`, as far as the launcher must know them. */
export interface DevFlags {
  /** All but the port, to hand on as they are, and our own where the user chose nothing. */
  rest: readonly string[];
  /** 0: any free one. */
  port: number | undefined;
  host: string;
  persistTo: string;
  /** Where `wrangler d1` finds the same database, as flags. */
  database: readonly string[];
  /** The token that `--var` sets. */
  operatorToken: string | undefined;
  /** The keys that `--var` sets. */
  secretKeys: string | undefined;
  /** Where wrangler reads settings from: these, or else the first of those that is there. */
  envFiles: readonly string[];
  settingsFiles: readonly string[];
  /** Only the help is asked for. */
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

/** Nothing that wants a fixed port or a terminal. */
const DEFAULTS = { "inspector-port": "0", "show-interactive-dev-session": "false" };

/** @throws {CommandError} for a flag that wrangler would take, but not as it is meant */
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
    throw new CommandError("The launcher watches the server over http: leave out --local-protocol https.");
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
  // `--var A:1 B:2` sets both.
  const variables = [...[values.var ?? []].flat(), ...positionals].filter(
    (value) => typeof value === "string",
  );
  return {
    rest: [...defaults, ...given.filter((_, index) => !ofPort.includes(index))],
    port: readPort(values.port),
    host: text("ip") ?? "127.0.0.1",
    persistTo: text("persist-to") ?? ".wrangler/state",
    database,
    operatorToken: readVariable(variables, "OPERATOR_TOKEN"),
    secretKeys: readVariable(variables, "SECRET_KEYS"),
    envFiles: [values["env-file"] ?? []].flat().filter((path) => typeof path === "string"),
    settingsFiles: [...(text("env") === undefined ? [] : [`.dev.vars.${text("env")}`]), ".dev.vars"],
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

function readVariable(variables: readonly string[], wanted: string): string | undefined {
  for (const variable of variables) {
    const [, name] = /^(\w+)=/.exec(variable) ?? [];
    // wrangler would set a variable of the name "NAME=value", without a word.
    if (name !== undefined) {
      throw new CommandError(
        `Write --var ${name}:value, with a colon: wrangler does not take ${name}=value.`,
      );
    }
  }
  const prefix = `${wanted}:`;
  return variables.findLast((variable) => variable.startsWith(prefix))?.slice(prefix.length);
}

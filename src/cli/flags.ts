import { parseArgs } from "node:util";
import { CommandError } from "./program.ts";

/** What the launcher must know of the flags that it hands on to `wrangler dev`. */
export interface DevFlags {
  /** All of them, as given. */
  given: readonly string[];
  /** 0: any free one. */
  port: number | undefined;
  host: string;
  /** Where `wrangler d1` finds the same database, as flags. */
  database: string[];
  /** The token that `--var` sets. */
  operatorToken: string | undefined;
  /** Only the help is asked for. */
  help: boolean;
  has: (name: string) => boolean;
}

const KNOWN = {
  port: { type: "string" },
  ip: { type: "string" },
  "persist-to": { type: "string" },
  "local-protocol": { type: "string" },
  config: { type: "string", short: "c" },
  env: { type: "string", short: "e" },
  var: { type: "string", multiple: true },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws {CommandError} for a flag that wrangler would take, but not as it is meant */
export function readDevFlags(given: readonly string[]): DevFlags {
  const { values, positionals } = parseArgs({ args: [...given], options: KNOWN, strict: false });
  const text = (name: keyof typeof KNOWN) => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  if (text("local-protocol") === "https") {
    throw new CommandError("The launcher watches the server over http: leave out --local-protocol https.");
  }
  // `--var A:1 B:2` sets both.
  const variables = [...(values.var ?? []), ...positionals].filter((value) => typeof value === "string");
  const database = (["persist-to", "config", "env"] as const).flatMap((name) => {
    const value = text(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  return {
    given,
    port: readPort(values.port),
    host: text("ip") ?? "127.0.0.1",
    database,
    operatorToken: readToken(variables),
    help: values.help === true,
    has: (name) => name in values,
  };
}

function readPort(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const port = typeof value === "string" ? Number(value) : Number.NaN;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new CommandError("--port must be a number from 0 to 65535, as in --port 9000; 0 means any free one.");
  }
  return port;
}

function readToken(variables: readonly string[]): string | undefined {
  for (const variable of variables) {
    const [, name] = /^(\w+)=/.exec(variable) ?? [];
    // wrangler would set a variable of the name "NAME=value", without a word.
    if (name !== undefined) {
      throw new CommandError(`Write --var ${name}:value, with a colon: wrangler does not take ${name}=value.`);
    }
  }
  const prefix = "OPERATOR_TOKEN:";
  return variables.findLast((variable) => variable.startsWith(prefix))?.slice(prefix.length);
}

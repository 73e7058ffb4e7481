import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { readOperatorTokens } from "../platform/operator-tokens.ts";
import { OPERATOR_TOKEN_PREFIX } from "../platform/token-prefixes.ts";
import { projectRoot } from "./wrangler.ts";

interface OperatorToken {
  token: string;
  /** Source of the token, for the user to read. */
  origin: string;
}

/** The operator's token in `.dev.vars`. Makes the file, or adds the token, if missing; changes nothing else. */
export function ensureOperatorToken(path = join(projectRoot, ".dev.vars")): OperatorToken {
  if (!existsSync(path)) {
    const token = newToken();
    const text = `OPERATOR_TOKEN=${token}\nENVIRONMENT=development\nALLOW_LOOPBACK_ENDPOINTS=true\n`;
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
    return { token, origin: ".dev.vars, made just now with a random OPERATOR_TOKEN" };
  }
  const text = readFileSync(path, "utf8");
  const kept = parseEnv(text)["OPERATOR_TOKEN"];
  if (kept) return { token: kept, origin: ".dev.vars" };
  const token = newToken();
  appendFileSync(path, `${text === "" || text.endsWith("\n") ? "" : "\n"}OPERATOR_TOKEN=${token}\n`);
  return { token, origin: ".dev.vars, which had no OPERATOR_TOKEN: a random one was added" };
}

/** The token for a first try, from a setting that may hold several: one with the role `admin`, if there is one. */
export function tokenToTry(setting: string): string {
  const tokens = readOperatorTokens(setting);
  const chosen = tokens.find(({ role }) => role === "admin") ?? tokens[0];
  return chosen?.token ?? "";
}

/** A random operator token, in the form that docs/operate/security.md gives to secret scanners. */
export function newToken(): string {
  return `${OPERATOR_TOKEN_PREFIX}${randomBytes(32).toString("hex")}`;
}

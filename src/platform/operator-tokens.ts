import { ConfigError } from "./errors.ts";
import { limits } from "./limits.ts";
import { ROLES, type Role } from "./roles.ts";
import { MAKE_OPERATOR_TOKEN } from "./token-prefixes.ts";

/** An operator token, with the name of its holder for the log and the audit. */
export interface OperatorToken {
  name: string;
  role: Role;
  token: string;
}

/** Name and role of a token without a prefix. */
const PLAIN = { name: "operator", role: "admin" } as const;
const NAME = /^[A-Za-z0-9._-]{1,32}$/;
/** Characters of an `Authorization` header, without the separators of entries. */
const TOKEN = /^[\x21-\x2b\x2d-\x39\x3b-\x7e]+$/;

/**
 * Operator tokens separated by commas, each `token` alone or `name:role:token`.
 * @throws {ConfigError} naming the entry by its position, never by its value
 */
export function readOperatorTokens(given: string): readonly OperatorToken[] {
  const entries = given.split(",");
  if (entries.length > limits.operatorTokens.most) {
    throw new ConfigError(
      `OPERATOR_TOKEN has ${entries.length} tokens, but may have ${limits.operatorTokens.most}. Remove the tokens that are out of use.`,
    );
  }
  const several = entries.length > 1;
  const tokens = entries.map((entry, n) => readEntry(entry.trim(), several ? `Entry ${n + 1} of ` : ""));
  const twice = tokens.findIndex(({ token }, n) => tokens.findIndex((one) => one.token === token) !== n);
  if (twice >= 0) {
    throw new ConfigError(
      `Entry ${twice + 1} of OPERATOR_TOKEN repeats the token of an earlier entry. Remove one of them.`,
    );
  }
  return tokens;
}

function readEntry(entry: string, place: string): OperatorToken {
  const parts = entry.split(":");
  const [first = "", role = "", token = ""] = parts;
  if (parts.length === 1) return { ...PLAIN, token: checkedToken(first, place) };
  if (parts.length !== 3 || !NAME.test(first)) {
    throw new ConfigError(
      `${place}OPERATOR_TOKEN must be a token without colons, or name:role:token; ` +
        'a name has 1 to 32 letters, digits, ".", "_" and "-".',
    );
  }
  const known = ROLES.find((one) => one === role);
  if (!known)
    throw new ConfigError(
      `${place}OPERATOR_TOKEN must have the role ${ROLES.slice(0, -1).join(", ")} or ${ROLES.at(-1)}.`,
    );
  return { name: first, role: known, token: checkedToken(token, place) };
}

function checkedToken(token: string, place: string): string {
  if (token.length < limits.operatorTokens.lengthMin) {
    throw new ConfigError(
      `${place}OPERATOR_TOKEN must have at least ${limits.operatorTokens.lengthMin} characters; \`${MAKE_OPERATOR_TOKEN}\` makes a good one.`,
    );
  }
  if (!TOKEN.test(token)) {
    throw new ConfigError(
      `${place}OPERATOR_TOKEN must be printable ASCII without spaces; \`${MAKE_OPERATOR_TOKEN}\` makes a good one.`,
    );
  }
  return token;
}

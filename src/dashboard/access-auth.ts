import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { ConfigError } from "../platform/errors.ts";
import type { Role } from "../platform/roles.ts";
import type { Authorize } from "./authorize.ts";

/** Options of `accessAuth`. */
export interface AccessOptions {
  /** Name of the team: the first part of `<team>.cloudflareaccess.com`. */
  team: string;
  /** Audience tag of the application that protects the dashboard. */
  audience: string;
  /** Role of a person by the e-mail address; null: none. Defaults to `read` for everybody whom Access lets in. */
  role?: (email: string) => Role | null;
}

const TEAM = /^[a-z0-9-]+$/;

/**
 * Signs operators in by Cloudflare Access, for `dashboard`: checks the assertion that Access adds to each request, by the
 * team's keys. The name in the audit is the e-mail address.
 *
 * @throws {ConfigError} for a team that is no name
 *
 * @example
 * const authorize = accessAuth({
 *   team: "acme",
 *   audience: "32eafc7b…",
 *   role: (email) => (email === "ada@acme.example" ? "admin" : "read"),
 * });
 * const api = createApi(outbox, { dashboard: dashboard({ authorize }) });
 */
export function accessAuth({ team, audience, role = () => "read" }: AccessOptions): Authorize<object> {
  if (!TEAM.test(team)) {
    throw new ConfigError(
      `accessAuth has the team "${team}", but a team is as "acme" of acme.cloudflareaccess.com.`,
    );
  }
  if (!audience) throw new ConfigError("accessAuth has no audience. Copy the tag of the application.");
  const issuer = `https://${team}.cloudflareaccess.com`;
  const keys = createRemoteJWKSet(new URL(`${issuer}/cdn-cgi/access/certs`));
  return async (request) => {
    const assertion = request.headers.get("cf-access-jwt-assertion");
    if (assertion === null) return null;
    const verified = jwtVerify(assertion, keys, {
      issuer,
      audience,
      algorithms: ["RS256"],
      requiredClaims: ["exp"],
    });
    const email = emailOf(await verified.then(({ payload }) => payload, refuseForged));
    const has = email === undefined ? null : role(email);
    return email === undefined || has === null ? null : { role: has, name: email };
  };
}

/** A token of a service has no address. */
function emailOf(payload: JWTPayload | undefined): string | undefined {
  const email = payload?.["email"];
  return typeof email === "string" && email !== "" ? email : undefined;
}

/** Keys that cannot be fetched are no fault of the person. */
function refuseForged(error: unknown): undefined {
  const isForged = error instanceof errors.JOSEError && /^ERR_(JWT|JWS|JOSE_ALG|JWKS_NO)/.test(error.code);
  if (!isForged) throw error;
}

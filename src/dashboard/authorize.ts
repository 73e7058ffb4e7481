import type { Context } from "hono";
import { z } from "zod";
import type { ApiEnv } from "../api/context.ts";
import { refuseHeld } from "../api/door/address-limit.ts";
import { DoorError } from "../api/door/door-error.ts";
import { SCOPES, type Scope } from "../domain/scopes.ts";
import { checked } from "../platform/check.ts";
import { OutboxError } from "../platform/errors.ts";
import { eachOnce, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { ROLES, type Role } from "../platform/roles.ts";

/** An operator whom an app has signed in. */
export interface AuthorizedOperator {
  /** Rights over all tenants. Each role includes the ones before it: `read`, `manage`, `admin`. */
  role: Role;
  /** Name for the page and the audit, as an e-mail address: 1 to 254 characters. */
  name: string;
}

/** A member of a tenant whom an app has signed in. */
export interface AuthorizedTenant {
  /** Id of the tenant, which exists. */
  tenant: string;
  /** Rights within the tenant. Scopes do not include one another. */
  scopes: Scope[];
  /** Name for the page and the description of the token: 1 to 254 characters. */
  name: string;
}

/** Finds who sends a request, by the cookie or header of the app's own sign-in. Null: nobody whom the app knows. */
export type Authorize<Env extends object> = (
  request: Request,
  env: Env,
) => Promise<AuthorizedOperator | AuthorizedTenant | null> | AuthorizedOperator | AuthorizedTenant | null;

/** Sign-in of an app, in place of the operator's token. */
export interface AppSignIn {
  // biome-ignore lint/suspicious/noExplicitAny: the bindings are those of the app's own Worker
  authorize: Authorize<any>;
  signInUrl: string | undefined;
}

const name = wellFormed(z.string().min(1).max(limits.authorizedNameLength));
const authorized = z
  .union([
    z.strictObject({ role: z.enum(ROLES), name }),
    z.strictObject({ tenant: z.string(), scopes: eachOnce(z.array(z.enum(SCOPES)).min(1)), name }),
  ])
  .nullish();

/**
 * The person whom the app has signed in.
 * @throws {DoorError} `unauthorized`, `rate_limited`; `internal_error` if the app's function fails, or answers anything else
 */
export async function authorizedBy(
  { authorize, signInUrl }: AppSignIn,
  c: Context<ApiEnv>,
): Promise<AuthorizedOperator | AuthorizedTenant> {
  const found = read(await ask(authorize, c), c);
  if (found) return found;
  refuseHeld(c);
  throw new DoorError(
    "unauthorized",
    "Nobody is signed in to the app that this page belongs to. Sign in there.",
    signInUrl === undefined ? {} : { members: { signInUrl } },
  );
}

/** The words of an app's error are its operator's, and stand in the log alone. */
async function ask(authorize: AppSignIn["authorize"], c: Context<ApiEnv>): Promise<unknown> {
  try {
    return await authorize(c.req.raw, c.env);
  } catch (error) {
    throw failed(
      c,
      describeError(error),
      "The sign-in of this app failed. Give its operator the request id, which finds the error in the log.",
    );
  }
}

function read(answer: unknown, c: Context<ApiEnv>) {
  try {
    return checked(authorized, answer, "authorize");
  } catch (error) {
    if (!(error instanceof OutboxError)) throw error;
    throw failed(c, error.message, `The app's sign-in answered what it must not: ${error.message}`);
  }
}

function failed(c: Context<ApiEnv>, error: string, detail: string): DoorError {
  c.var.tools.log("dashboard.authorize_failed", { error });
  return new DoorError("internal_error", detail);
}

import { authorizeWith, Problem, request } from "./api.ts";
import { HAS_APP_SIGN_IN, ROOT, SURFACE } from "./base.ts";
import { keepLink, keptLink, leaveForApp, wishes } from "./portal.ts";
import { clearKnown } from "./query.ts";
import { decoded } from "./router.ts";

/** Rights of whoever is signed in. An operator's roles include one another, a tenant's scopes do not. */
export interface Session {
  /** Name of the operator's token, or of whom the app's own sign-in names. */
  name: string;
  role?: "read" | "manage" | "admin";
  tenant?: { id: string; name: string | null };
  scopes?: readonly string[];
}

interface Granted extends Session {
  token: string;
  expiresAt: string;
}

/** A token is replaced this long before it expires. */
const EARLY_MS = 60_000;
/** Set while this browser has a session, whose cookie no script can see: without one, nothing need be asked. */
const SIGNED_IN = "edge-outbox-signed-in";

let granted: Promise<Granted> | undefined;
/** Instant, by this machine's clock, from which on `granted` is replaced. */
let renewAt = 0;
let onEnd: (problem: Problem | undefined) => void = () => {};

/**
 * The session of this tab.
 * @throws {Problem} there is none, or the reason why it ended
 */
export async function currentSession(): Promise<Granted> {
  const known = granted;
  if (known) {
    const session = await known.catch(() => undefined);
    if (session && Date.now() < renewAt) return session;
    if (known !== granted) return currentSession();
  }
  granted = grant();
  return granted;
}

async function grant(): Promise<Granted> {
  const opened = keptLink();
  if (opened !== null) {
    renewAt = Number.POSITIVE_INFINITY;
    return JSON.parse(opened) as Granted;
  }
  if (!HAS_APP_SIGN_IN && localStorage.getItem(SIGNED_IN) === null) {
    throw new Problem(401, { code: "unauthorized" });
  }
  const response = await request(`${SURFACE}/token`, post({})).catch((error: Problem) => {
    if (error.status === 401) localStorage.removeItem(SIGNED_IN);
    throw error;
  });
  const session = (await response.json()) as Granted;
  const now = Date.parse(response.headers.get("date") ?? "") || Date.now();
  renewAt = Date.now() + Date.parse(session.expiresAt) - now - EARLY_MS;
  return session;
}

/** Opens the portal by the code of a link, which opens it once. */
export async function openLink(code: string): Promise<void> {
  const response = await request("portal/session", post({ code }));
  const opened = (await response.json()) as Granted & { next: string | null };
  keepLink(opened);
  if (opened.next !== null) history.replaceState(history.state, "", ROOT + opened.next);
  granted = undefined;
}

/** Signs in with an operator's token. */
export async function signIn(token: string): Promise<void> {
  await request("ui/session", post({ token }));
  localStorage.setItem(SIGNED_IN, "yes");
  granted = undefined;
}

/** Reports whether this tab has a session of its own to end: that of an app's sign-in is the app's. */
export function maySignOut(): boolean {
  return !HAS_APP_SIGN_IN || keptLink() !== null;
}

/**
 * Ends the session in every tab of this browser, each of which revokes its own token of the portal.
 * @throws {Problem} it goes on: the outbox could not be told
 */
export async function signOut(): Promise<void> {
  await (SURFACE === "ui" ? request("ui/session", { method: "DELETE" }) : revokeOwn());
  channel.postMessage("ended");
  end(undefined);
}

/** Goes on though the page is left meanwhile. */
async function revokeOwn(): Promise<void> {
  const opened = keptLink();
  if (opened === null) return;
  const headers = { authorization: `Bearer ${(JSON.parse(opened) as Granted).token}` };
  await request("portal/session", { method: "DELETE", headers, keepalive: true }).catch((error: Problem) => {
    if (error.status !== 401) throw error;
  });
}

function post(body: object): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function end(problem: Problem | undefined): void {
  granted = undefined;
  const { returnUrl } = wishes();
  localStorage.removeItem(SIGNED_IN);
  keepLink(null);
  clearKnown();
  if (returnUrl) leaveForApp(returnUrl);
  onEnd(problem);
}

const channel = new BroadcastChannel(`edge-outbox-${SURFACE}`);

/** Calls the API with the session's tokens from now on; `ended` is told when the session is over. */
export function callWithSession(ended: (problem: Problem | undefined) => void): void {
  onEnd = ended;
  channel.onmessage = () => {
    void revokeOwn().catch(() => {});
    end(undefined);
  };
  authorizeWith({ bearer: async () => (await currentSession()).token, ended: end });
}

/**
 * The text behind the `#` of the address: an operator's token, as in the link that is printed in development, or the code
 * of a link to the portal. It is removed from the address, and so from the history.
 */
export function takeSecretOfAddress(): string | undefined {
  const secret = location.hash.slice(1);
  if (secret === "") return undefined;
  history.replaceState(history.state, "", location.pathname + location.search);
  return decoded(secret);
}

/** Reports whether the session may call operations of a tenant with this scope. */
export function mayOf(session: Session, scope: "read" | "manage" | "messages:write"): boolean {
  if (session.role) return scope === "read" || session.role !== "read";
  return session.scopes?.includes(scope) ?? false;
}

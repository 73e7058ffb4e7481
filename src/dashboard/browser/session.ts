import { authorizeWith, Problem, request } from "./api.ts";
import { HAS_APP_SIGN_IN, ROOT, SURFACE } from "./base.ts";
import { newKey } from "./new-key.ts";
import { keepLink, keptLink, leaveForApp, type Opened, wishes } from "./portal.ts";
import { clearKnown } from "./query.ts";
import { decoded } from "./router.ts";
import { ofBrowser } from "./storage.ts";

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
  /** Instant, by this machine's clock, from which on it is replaced. */
  renewAt: number;
}

interface LinkOnly {
  tenant: { id: string; name: string | null };
  next: string | null;
  sessionId: string | null;
}

/** A token is replaced this long before it expires. */
const EARLY_MS = 60_000;
/** Set while this browser has a session of the dashboard, whose cookie no script can see: without one, nothing need be asked. */
const SIGNED_IN = "edge-outbox-signed-in";

let granted: Promise<Granted> | undefined;
/** The token that calls are made with. */
let bearer: string | undefined;
let onEnd: (problem: Problem | undefined) => void = () => {};

/**
 * The session of this tab.
 * @throws {Problem} there is none, or the reason why it ended
 */
export async function currentSession(): Promise<Granted> {
  const known = granted;
  if (known) {
    const session = await known.catch(() => undefined);
    if (session && Date.now() < session.renewAt) return session;
    if (known !== granted) return currentSession();
  }
  const asked = grant();
  granted = asked;
  const answer = await asked.catch((error: Problem) => error);
  // Another session has begun meanwhile: what became of this one is of no concern.
  if (granted !== asked) return currentSession();
  if (answer instanceof Error) {
    if (SURFACE === "ui" && answer.status === 401) ofBrowser.set(SIGNED_IN, null);
    throw answer;
  }
  bearer = answer.token;
  return answer;
}

async function grant(): Promise<Granted> {
  const opened = keptLink();
  if (opened) return { ...(opened as Opened & Granted), renewAt: Number.POSITIVE_INFINITY };
  const mayHaveOne = HAS_APP_SIGN_IN || (SURFACE === "ui" && ofBrowser.get(SIGNED_IN) !== null);
  if (!mayHaveOne) throw new Problem(401, { code: "unauthorized" });
  const response = await request(`${SURFACE}/token`, post({}));
  const session = (await response.json()) as Granted;
  const now = Date.parse(response.headers.get("date") ?? "") || Date.now();
  return { ...session, renewAt: Date.now() + Date.parse(session.expiresAt) - now - EARLY_MS };
}

let openings = 0;

/**
 * Opens the portal by the code of a link, which opens it once. A later call takes the place of one that is under way.
 * @throws {Problem}
 */
export async function openLink(code: string): Promise<void> {
  const opening = ++openings;
  const response = await request("portal/session", post({ code }));
  const opened = (await response.json()) as Omit<Opened, "session"> & Granted & LinkOnly;
  if (opening !== openings) return;
  const { next, sessionId, tenant } = opened;
  forget();
  keepLink({ ...opened, session: sessionId === null ? newKey() : `${tenant.id} ${sessionId}` });
  if (next !== null) history.replaceState(history.state, "", ROOT + next);
}

/** Signs in with an operator's token. */
export async function signIn(token: string): Promise<void> {
  await request("ui/session", post({ token }));
  ofBrowser.set(SIGNED_IN, "yes");
  forget();
}

/** Reports whether this tab has a session of its own to end: that of an app's sign-in is the app's. */
export function maySignOut(): boolean {
  return !HAS_APP_SIGN_IN || keptLink() !== undefined;
}

/**
 * Ends the session in every tab of this browser that has the same one. Of the portal, each revokes its own token.
 * @throws {Problem} it goes on: the outbox could not be told
 */
export async function signOut(): Promise<void> {
  await (SURFACE === "ui" ? request("ui/session", { method: "DELETE" }) : revokeOwn());
  channel?.postMessage(ownName());
  end(undefined);
}

/** Name of this tab's session among those of the surface; undefined: there is none to end. */
function ownName(): string | undefined {
  return SURFACE === "ui" ? "operator" : keptLink()?.session;
}

/** Goes on though the page is left meanwhile. */
async function revokeOwn(): Promise<void> {
  const opened = keptLink();
  if (!opened) return;
  const headers = { authorization: `Bearer ${opened.token}` };
  await request("portal/session", { method: "DELETE", headers, keepalive: true }).catch((error: Problem) => {
    if (error.status !== 401) throw error;
  });
}

function post(body: object): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function end(problem: Problem | undefined): void {
  const { returnUrl } = wishes();
  forget();
  if (SURFACE === "ui") ofBrowser.set(SIGNED_IN, null);
  else keepLink(null);
  if (returnUrl) leaveForApp(returnUrl, problem ? "expired" : "signed_out");
  onEnd(problem);
}

/** Forgets the tokens of the session so far, and what was read with them. */
function forget(): void {
  granted = undefined;
  bearer = undefined;
  clearKnown();
}

const channel = channelOf(`edge-outbox-${SURFACE}`);

/** A browser that keeps nothing for the site may refuse a channel too: each tab is then by itself. */
function channelOf(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}

/** Calls the API with the session's tokens from now on; `ended` is told when the session is over. */
export function callWithSession(ended: (problem: Problem | undefined) => void): void {
  onEnd = ended;
  channel?.addEventListener("message", ({ data }) => {
    if (data !== ownName()) return;
    void revokeOwn().catch(() => {});
    end(undefined);
  });
  authorizeWith({
    bearer: async () => (await currentSession()).token,
    // A late refusal of a token that is no longer in use says nothing of the session that there is.
    ended: (problem, refused) => {
      if (refused === undefined || refused === bearer) end(problem);
    },
  });
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

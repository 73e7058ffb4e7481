import { authorizeWith, type Problem, request } from "./api.ts";
import { SURFACE } from "./base.ts";
import { clearKnown } from "./query.ts";

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

let granted: Promise<Granted> | undefined;
let onEnd: (problem: Problem | undefined) => void = () => {};

/** The session of this tab; a refusal says that there is none, or why it ended. */
export async function currentSession(): Promise<Granted> {
  const known = granted;
  if (known) {
    const session = await known.catch(() => undefined);
    if (session && new Date(session.expiresAt).getTime() - Date.now() > EARLY_MS) return session;
    if (known !== granted) return currentSession();
  }
  granted = grant();
  return granted;
}

async function grant(): Promise<Granted> {
  const response = await request(`${SURFACE}/token`, post({}));
  return (await response.json()) as Granted;
}

/** Signs in with an operator's token. */
export async function signIn(token: string): Promise<void> {
  await request(`${SURFACE}/session`, post({ token }));
  granted = undefined;
}

/** Ends the session in every tab of this browser. */
export async function signOut(): Promise<void> {
  await request(`${SURFACE}/session`, { method: "DELETE" });
  channel.postMessage("ended");
  end(undefined);
}

function post(body: object): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function end(problem: Problem | undefined): void {
  granted = undefined;
  clearKnown();
  onEnd(problem);
}

const channel = new BroadcastChannel("edge-outbox-session");

/** Calls the API with the session's tokens from now on; `ended` is told when the session is over. */
export function callWithSession(ended: (problem: Problem | undefined) => void): void {
  onEnd = ended;
  channel.onmessage = () => end(undefined);
  authorizeWith({ bearer: async () => (await currentSession()).token, ended: end });
}

/** Reports whether the session may call operations of a tenant with this scope. */
export function mayOf(session: Session, scope: "read" | "manage" | "messages:write"): boolean {
  if (session.role) return scope === "read" || session.role !== "read";
  return session.scopes?.includes(scope) ?? false;
}

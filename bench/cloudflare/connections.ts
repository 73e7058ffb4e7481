/** Enforces that an invocation waits for six connections at most, which workerd leaves to Cloudflare's network. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Slots } from "../../src/delivery/slots.ts";

const MOST = 6;

const invocations = new AsyncLocalStorage<Slots>();

/** Runs one invocation, which has connections of its own. */
export const inInvocation = <T>(work: () => T): T => invocations.run(new Slots(MOST), work);

/** Waits for a free connection of the invocation, and holds it until the answer begins. */
export function connect<T>(call: () => Promise<T>): Promise<T> {
  return invocations.getStore()?.run("all", call) ?? call();
}

/** Puts the bound on every `fetch`. */
export function boundFetch(): void {
  const send = globalThis.fetch;
  globalThis.fetch = ((...request: Parameters<typeof send>) =>
    connect(() => send(...request))) as typeof send;
}

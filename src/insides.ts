import type { PortalLinkOperations } from "./library/portal-links.ts";
import type { Ask } from "./library/tools.ts";
import type { Mailbox } from "./mailbox/mailbox.ts";
import type { Memory } from "./memory.ts";
import type { WriteLink } from "./outbox/fix-emails.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import type { DrainTools } from "./relay/drain.ts";
import type { Surroundings } from "./surroundings.ts";
import type { WorkerHost } from "./worker-host.ts";

/**
 * The parts of an outbox that other entries of the package reach: `edge-outbox/api` serves them, `edge-outbox/testing`
 * exchanges and drives them. They are neither an option of `createOutbox` nor a property of its result.
 */
export interface Insides<Env extends OutboxEnv> {
  surroundings: Surroundings<Env>;
  memory: Memory;
  /** The tools of a tenant's relay. */
  drainTools(env: Env): DrainTools;
  /** The bindings and settings of a Worker. */
  hostOf(env: Env): WorkerHost<Env>;
  /** The mailbox of development. `createApi` gives it with a dashboard that was not built for production. */
  mailbox?: (env: Env) => Mailbox;
  /** The push of metrics. `createApi` gives it, because a Worker without the API does not bundle it. */
  push?: {
    /** @throws {ConfigError} for a wrong setting of it */
    check(env: Env): void;
    /** Pushes when the cron runs. Never throws. */
    run(env: Env): Promise<void>;
  };
  /** The reception of events of e-mails, given and bundled as the push is. */
  emailEvents?: {
    /** @throws {ConfigError} for a wrong setting of it */
    check(env: Env): void;
    /** Matches kept events when the cron runs. Never throws. */
    run(env: Env): Promise<void>;
  };
  /** The making of links to the portal, given and bundled as the push is: the API serves the portal. */
  portalLinks?: (ask: Ask) => PortalLinkOperations;
  /** The making of unsubscribe links, given and bundled by whatever answers them. */
  unsubscribe?: {
    /** @throws {ConfigError} for a wrong setting of it */
    check(env: Env): void;
    writeLink(env: Env, ...email: Parameters<WriteLink>): Promise<object>;
  };
}

const insides = new WeakMap<object, Insides<never>>();

export function keepInsides<Env extends OutboxEnv>(outbox: object, own: Insides<Env>): void {
  insides.set(outbox, own as unknown as Insides<never>);
}

/** The parts of an outbox; undefined for any other value, or an outbox of another copy of the package. */
export function insidesOf<Env extends OutboxEnv>(outbox: object): Insides<Env> | undefined {
  return insides.get(outbox) as Insides<Env> | undefined;
}

import type { RateLimits } from "./api/door/door-memory.ts";
import type { EmailBinding } from "./channels/email/binding.ts";
import type { Settings } from "./platform/config.ts";
import type { DeliveryTask } from "./relay/delivery-task.ts";

/** The bindings and settings the outbox needs of its Worker. */
export interface OutboxEnv extends Settings, RateLimits {
  /** The app's database, with the outbox's tables in it. */
  DB?: D1Database;
  /**
   * The Durable Object `TenantRelay`, this Worker's or another's. Its stubs are of no type here: `wrangler types` names the
   * app's own class, whose type comes from this one.
   */
  RELAY: { getByName(tenantId: string): unknown };
  /** The queues: needed where deliveries are made, and not by a Worker that only commits. */
  WEBHOOK_QUEUE?: Queue<DeliveryTask>;
  EMAIL_QUEUE?: Queue<DeliveryTask>;
  HANDLER_QUEUE?: Queue<DeliveryTask>;
  EMAIL?: EmailBinding;
}

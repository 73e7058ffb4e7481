import type { RateLimits } from "./api/door/door-memory.ts";
import type { EmailBinding } from "./channels/email/providers/binding.ts";
import type { Settings } from "./platform/config.ts";
import type { FileBucket } from "./platform/file-bucket.ts";
import type { DeliveryTask } from "./relay/delivery-task.ts";

/** Bindings and settings that the outbox reads from its Worker. */
export interface OutboxEnv extends Settings, RateLimits {
  /** Database of the app, with the outbox's tables in it. */
  DB?: D1Database;
  /**
   * Durable Object `TenantRelay` of this Worker or of another one. Its stubs are untyped here, because `wrangler types` names
   * the app's own class, which is typed by this interface.
   */
  RELAY: { getByName(tenantId: string): unknown };
  /** Queues of the Worker that delivers. A Worker that only commits needs none. */
  WEBHOOK_QUEUE?: Queue<DeliveryTask>;
  EMAIL_QUEUE?: Queue<DeliveryTask>;
  HANDLER_QUEUE?: Queue<DeliveryTask>;
  EMAIL?: EmailBinding;
  /** R2 bucket of files that go with e-mails. Optional: without it an e-mail has its files in itself. */
  EMAIL_ATTACHMENTS?: FileBucket;
}

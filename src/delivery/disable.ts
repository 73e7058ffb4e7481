import type { Statement } from "../db/database.ts";
import type { Disabling } from "../db/disabling.ts";
import { type AnnounceTools, announce } from "../outbox/announce.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { disabledEmail } from "./disabled-email.ts";
import { disabledAnnouncement, type Failure } from "./endpoint-announcements.ts";
import { disableEndpoint } from "./health-statements.ts";
import type { EndpointRow } from "./rows.ts";

export interface DisableTools extends AnnounceTools {
  log: Log;
  /** True if this Worker has a provider of e-mails, so that a tenant is told of its disabled endpoints by e-mail. */
  sendsEmails: boolean;
}

/** An endpoint that its own answers disable. */
interface Disabled {
  task: DeliveryTask;
  endpoint: EndpointRow;
  disabling: Disabling;
  failure: Failure | null;
}

/** Statements that disable an endpoint. */
interface DisableStatements {
  statements: readonly Statement[];
  /** Reads their results, and logs an endpoint that was disabled. Answers the tenants that were told of it. */
  read(results: readonly D1Result[]): readonly string[];
}

/**
 * Builds the statements that disable an endpoint. Its deliveries wait until somebody enables or deletes it. The announcement
 * to the tenant's other endpoints, and the e-mail to the tenant, come first, under the condition of the change itself.
 *
 * After a 410 the statements stand before the settling, which ends the lease that they check; after failures, behind the
 * update of the health that they check.
 */
export function disable(tools: DisableTools, disabled: Disabled, now: number): DisableStatements {
  const { db, random, log, sendsEmails } = tools;
  const { task, endpoint, disabling, failure } = disabled;
  const { tenantId, endpointId } = task;
  const announced = announce(tools, {
    announcements: [
      disabledAnnouncement(endpoint, disabling, now, random),
      ...(sendsEmails && !isWatched(endpoint, disabling, now)
        ? [disabledEmail(endpoint, { disabling, failure }, now, random)]
        : []),
    ],
    guard: disabling,
    endpoint: { tenantId, endpointId },
    now,
  });
  return {
    statements: [...announced.statements, disableEndpoint(db, task, disabling, now)],
    read: (results) => {
      const isDisabled = (results.at(-1)?.results.length ?? 0) > 0;
      if (isDisabled)
        log("endpoint.disabled", { tenant: tenantId, endpoint: endpointId, reason: disabling.kind });
      return announced.read(results);
    },
  };
}

/**
 * True if somebody has enabled or changed the endpoint within the hour, who sees a 410 for himself: so e-mails cannot be asked
 * for in a loop.
 */
function isWatched({ updated_at: updatedAt }: EndpointRow, { kind }: Disabling, now: number): boolean {
  return kind === "gone" && now - updatedAt < limits.disabledEmailQuietMs;
}

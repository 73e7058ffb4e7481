import type { z } from "@hono/zod-openapi";
import { expectTypeOf, test } from "vitest";
import type * as audit from "../../src/api/audit/answers.ts";
import type * as deliveries from "../../src/api/deliveries/answers.ts";
import type * as endpoints from "../../src/api/endpoints/answers.ts";
import type * as eventTypes from "../../src/api/event-types/answers.ts";
import type * as health from "../../src/api/health/answers.ts";
import type * as messages from "../../src/api/messages/answers.ts";
import type * as stats from "../../src/api/stats/answers.ts";
import type * as tenants from "../../src/api/tenants/answers.ts";
import type * as tokens from "../../src/api/tokens/answers.ts";

// biome-ignore lint/suspicious/noExplicitAny: presenters take views of their own
type Presenter = (...views: any[]) => object;
type CommittedInBatch = (typeof messages.committedBatchShape)["shape"]["messages"]["element"];

/** Fields that only one of the two has. */
type Differences<Present extends Presenter, Shape extends z.ZodType> =
  | Exclude<keyof ReturnType<Present>, keyof z.input<Shape>>
  | Exclude<keyof z.input<Shape>, keyof ReturnType<Present>>;

// An answer with a field that its shape lacks would be sent, though no document and no client knows the field.
test("an answer has the fields of its shape, and no other", () => {
  expectTypeOf<
    | Differences<typeof audit.presentAudit, typeof audit.auditShape>
    | Differences<typeof deliveries.presentAttempt, typeof deliveries.attemptShape>
    | Differences<typeof deliveries.presentBlockedKey, typeof deliveries.blockedKeyShape>
    | Differences<typeof deliveries.presentDeadLetter, typeof deliveries.deadLetterShape>
    | Differences<typeof deliveries.presentDelivery, typeof deliveries.deliveryShape>
    | Differences<typeof deliveries.presentDeliveryDetail, typeof deliveries.deliveryDetailShape>
    | Differences<typeof deliveries.presentListedDelivery, typeof deliveries.listedDeliveryShape>
    | Differences<typeof deliveries.presentListedEmail, typeof deliveries.listedEmailShape>
    | Differences<typeof endpoints.presentEndpoint, typeof endpoints.endpointShape>
    | Differences<typeof endpoints.presentEndpointWithSecret, typeof endpoints.endpointWithSecretShape>
    | Differences<typeof eventTypes.presentEventType, typeof eventTypes.eventTypeShape>
    | Differences<typeof health.presentHealth, typeof health.healthShape>
    | Differences<typeof messages.presentCommitted, CommittedInBatch>
    | Differences<typeof messages.presentListedMessage, typeof messages.messageSummaryShape>
    | Differences<typeof messages.presentTrace, typeof messages.messageShape>
    | Differences<typeof stats.presentStats, typeof stats.statsShape>
    | Differences<typeof tenants.presentTenant, typeof tenants.tenantShape>
    | Differences<typeof tokens.presentToken, typeof tokens.tokenShape>
  >().toBeNever();
});

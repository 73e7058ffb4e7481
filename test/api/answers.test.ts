import type { z } from "@hono/zod-openapi";
import { expectTypeOf, test } from "vitest";
import type * as audit from "../../src/answers/audit.ts";
import type * as deliveries from "../../src/answers/deliveries.ts";
import type * as deployment from "../../src/answers/deployment.ts";
import type * as endpointHealth from "../../src/answers/endpoint-health.ts";
import type * as endpoints from "../../src/answers/endpoints.ts";
import type * as eventTypes from "../../src/answers/event-types.ts";
import type * as failures from "../../src/answers/failures.ts";
import type * as interventions from "../../src/answers/interventions.ts";
import type * as messages from "../../src/answers/messages.ts";
import type * as series from "../../src/answers/series.ts";
import type * as stats from "../../src/answers/stats.ts";
import type * as tenants from "../../src/answers/tenants.ts";
import type * as tokens from "../../src/answers/tokens.ts";
import type * as auditShapes from "../../src/api/audit/answers.ts";
import type * as deliveriesShapes from "../../src/api/deliveries/answers.ts";
import type * as deploymentShapes from "../../src/api/deployment/answers.ts";
import type * as deploymentAnswers from "../../src/api/deployment/deployment-answers.ts";
import type { presentOverview } from "../../src/api/deployment/present-overview.ts";
import type * as endpointsShapes from "../../src/api/endpoints/answers.ts";
import type * as endpointHealthShapes from "../../src/api/endpoints/health-answers.ts";
import type * as eventTypesShapes from "../../src/api/event-types/answers.ts";
import type * as failuresShapes from "../../src/api/failures/answers.ts";
import type * as health from "../../src/api/health/answers.ts";
import type * as interventionsShapes from "../../src/api/interventions/answers.ts";
import type * as messagesShapes from "../../src/api/messages/answers.ts";
import type * as statsShapes from "../../src/api/stats/answers.ts";
import type * as seriesShapes from "../../src/api/stats/series-answers.ts";
import type * as tenantsShapes from "../../src/api/tenants/answers.ts";
import type * as tokensShapes from "../../src/api/tokens/answers.ts";
import type { DeadLetterGroup } from "../../src/trace/dead-letter-groups.ts";
import type { FailureGroup } from "../../src/trace/failures.ts";
import type { Series } from "../../src/trace/series.ts";

// biome-ignore lint/suspicious/noExplicitAny: presenters take views of their own
type Presenter = (...views: any[]) => object;
type CommittedInBatch = (typeof messagesShapes.committedBatchShape)["shape"]["messages"]["element"];

/** Fields that only one of the two has. */
type Differences<Present extends Presenter, Shape extends z.ZodType> =
  | Exclude<keyof ReturnType<Present>, keyof z.input<Shape>>
  | Exclude<keyof z.input<Shape>, keyof ReturnType<Present>>;

// An answer with a field that its shape lacks would be sent, though no document and no client knows the field.
test("an answer has the fields of its shape, and no other", () => {
  expectTypeOf<
    | Differences<typeof audit.presentAudit, typeof auditShapes.auditShape>
    | Differences<typeof deliveries.presentAttempt, typeof deliveriesShapes.attemptShape>
    | Differences<typeof deliveries.presentBlockedKey, typeof deliveriesShapes.blockedKeyShape>
    | Differences<typeof deliveries.presentDeadLetter, typeof deliveriesShapes.deadLetterShape>
    | Differences<
        typeof deliveries.presentGroup<DeadLetterGroup>,
        typeof deliveriesShapes.deadLetterGroupShape
      >
    | Differences<typeof deliveries.presentDeadLetterGroups, typeof deliveriesShapes.deadLetterGroupsShape>
    | Differences<typeof deliveries.presentDelivery, typeof deliveriesShapes.deliveryShape>
    | Differences<typeof deliveries.presentDeliveryDetail, typeof deliveriesShapes.deliveryDetailShape>
    | Differences<typeof deliveries.presentListedDelivery, typeof deliveriesShapes.listedDeliveryShape>
    | Differences<typeof deliveries.presentListedEmail, typeof deliveriesShapes.listedEmailShape>
    | Differences<typeof deploymentAnswers.presentDeployment, typeof deploymentAnswers.deploymentShape>
    | Differences<
        typeof deployment.presentDeadLetterOfTenant,
        typeof deploymentShapes.deadLetterOfTenantShape
      >
    | Differences<typeof deployment.presentFailingEndpoint, typeof deploymentShapes.failingEndpointShape>
    | Differences<typeof deployment.presentFound, typeof deploymentShapes.foundShape>
    | Differences<
        typeof deployment.presentGroupOfTenant,
        typeof deploymentShapes.deadLetterGroupOfTenantShape
      >
    | Differences<typeof deployment.presentTroubled, typeof deploymentShapes.troubledTenantShape>
    | Differences<typeof deployment.presentTroubles, typeof deploymentShapes.troublesShape>
    | Differences<typeof presentOverview, typeof deploymentShapes.overviewShape>
    | Differences<typeof endpoints.presentEndpoint, typeof endpointsShapes.endpointShape>
    | Differences<typeof endpoints.presentEndpointWithSecret, typeof endpointsShapes.endpointWithSecretShape>
    | Differences<typeof eventTypes.presentEventType, typeof eventTypesShapes.eventTypeShape>
    | Differences<typeof health.presentHealth, typeof health.healthShape>
    | Differences<typeof failures.presentFailure, typeof failuresShapes.failureShape>
    | Differences<typeof deliveries.presentGroup<FailureGroup>, typeof failuresShapes.failureGroupShape>
    | Differences<typeof failures.presentFailureGroups, typeof failuresShapes.failureGroupsShape>
    | Differences<typeof interventions.presentDismissed, typeof interventionsShapes.dismissedShape>
    | Differences<typeof interventions.presentReplayed, typeof interventionsShapes.replayedShape>
    | Differences<typeof messages.presentCommitted, CommittedInBatch>
    | Differences<typeof messages.presentListedMessage, typeof messagesShapes.messageSummaryShape>
    | Differences<typeof messages.presentTrace, typeof messagesShapes.messageShape>
    | Differences<
        typeof endpointHealth.presentEndpointHealth,
        typeof endpointHealthShapes.endpointHealthShape
      >
    | Differences<typeof series.presentSeries<Series>, typeof seriesShapes.seriesShape>
    | Differences<typeof stats.presentNow, typeof statsShapes.nowShape>
    | Differences<typeof stats.presentStats, typeof statsShapes.statsShape>
    | Differences<typeof tenants.presentTenant, typeof tenantsShapes.tenantShape>
    | Differences<typeof tokens.presentToken, typeof tokensShapes.tokenShape>
  >().toBeNever();
});

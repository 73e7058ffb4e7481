import { z } from "@hono/zod-openapi";
import { toIso } from "../../answers/to-iso.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { limits } from "../../platform/limits.ts";
import { ROLES } from "../../platform/roles.ts";
import { VERSION } from "../../platform/version.ts";
import type { KeptEventsRow } from "../../trace/deployment/kept-events.ts";
import { count, instantOf, instantShape } from "../answer-fields.ts";
import type { ApiTools } from "../context.ts";
import { healthShape, type presentHealth } from "../health/answers.ts";

const DAY_MS = 24 * 3600 * 1000;

const settingShape = z
  .object({
    name: z.string().openapi({ description: "Name of the setting.", example: "RETENTION_DAYS" }),
    value: z.string().nullable().openapi({
      description:
        "Value in force as it would be written, its default if none is set; a URL without credentials and query. Null: none, or a secret.",
      example: "30",
    }),
    isSet: z.boolean().openapi({ description: "True: it is set. False: its default is in force." }),
    isSecret: z.boolean().openapi({ description: "True: its value is never told.", example: false }),
  })
  .openapi("SettingInForce");

const requests = (description: string, example: number) =>
  z.int().nullable().openapi({ description, example });

const limitsShape = z
  .object({
    payloadBytes: count.openapi({ description: "Bytes of a payload as JSON.", example: 262_144 }),
    bodyBytes: count.openapi({ description: "Bytes of the body of a request.", example: 524_288 }),
    batchBodyBytes: count.openapi({
      description: "Bytes of the body of a request with several messages.",
      example: 4_194_304,
    }),
    messagesPerCommit: count.openapi({ description: "Messages in a commit.", example: 100 }),
    deliveriesPerCommit: count.openapi({ description: "Deliveries that a commit makes.", example: 5000 }),
    deliverAtDaysAhead: count.openapi({
      description: "Days from now until which `deliverAt` may lie.",
      example: 366,
    }),
    endpointsPerTenant: count.openapi({ description: "Endpoints of a tenant.", example: 500 }),
    eventTypesPerTenant: count.openapi({ description: "Event types of a tenant.", example: 1000 }),
    tokensPerTenant: count.openapi({ description: "Tokens of a tenant.", example: 1000 }),
    replaysPerCall: count.openapi({
      description: "Deliveries that a call replays, retries or dismisses.",
      example: 10_000,
    }),
    requestsPerMinute: requests(
      "Requests a minute with a token of a tenant. Null: not limited, because the binding `API_RATE` is missing.",
      6000,
    ),
    addressRequestsPerMinute: requests(
      "Requests a minute from an address without a valid token. Null: not limited, because the binding `ADDRESS_RATE` is missing.",
      100,
    ),
  })
  .openapi("DeploymentLimits");

export const deploymentShape = z
  .object({
    version: z.string().openapi({ description: "Version of edge-outbox that answers.", example: "0.1.0" }),
    environment: z
      .enum(["production", "development"])
      .openapi({ description: "Kind of deployment: `ENVIRONMENT`.", example: "production" }),
    settings: z.array(settingShape).openapi({ description: "Settings in force, secrets first." }),
    secretKeys: z.array(z.string()).openapi({
      description: "Names of the keys in `SECRET_KEYS`. The first seals and signs; all open and verify.",
      example: ["2026-11"],
    }),
    operators: z
      .array(
        z
          .object({
            name: z.string().openapi({ description: "Name of the token.", example: "ada" }),
            role: z.enum(ROLES).openapi({ description: "Role of the token.", example: "admin" }),
          })
          .openapi("OperatorName"),
      )
      .openapi({ description: "Tokens in `OPERATOR_TOKEN`, by name." }),
    limits: limitsShape.openapi({ description: "Limits that callers meet." }),
    outcomesUntil: instantOf(
      "Instant up to which outcomes are summed up, some minutes ago. 1970: the cron has not summed up yet.",
    ),
    emailEvents: z
      .object({
        waiting: count.openapi({ description: "Events whose e-mail is not on record yet.", example: 0 }),
        aside: count.openapi({
          description: "Events that cannot be recorded, and are passed over until they are thrown away.",
          example: 0,
        }),
        capped: z.boolean().openapi({
          description: "True: counting stopped at 10,000, and there may be more.",
          example: false,
        }),
        oldestAt: instantShape.nullable().openapi({
          description: "Instant at which the first of those came that wait. Null: none waits.",
          example: null,
        }),
      })
      .openapi({ description: "Events of e-mails that are kept for seven days, at this moment." }),
    health: healthShape.openapi({
      description: "Findings of the cron's latest run, as `GET /health` answers them.",
    }),
  })
  .openapi("Deployment");

/** Tells how the deployment is set up, without any secret. */
export function presentDeployment(
  { settingsInForce, keyRing, operatorTokens, rateLimits }: ApiTools,
  outcomesUntil: number,
  { waiting, aside, looked, oldest }: KeptEventsRow,
  health: ReturnType<typeof presentHealth>,
) {
  const inForce = settingsInForce();
  const isDevelopment = inForce.some(({ name, value }) => name === "ENVIRONMENT" && value === "development");
  return {
    version: VERSION,
    environment: isDevelopment ? ("development" as const) : ("production" as const),
    settings: [...inForce],
    secretKeys: [...(keyRing?.ids ?? [])],
    operators: operatorTokens.map(({ name, role }) => ({ name, role })),
    limits: limitsWith(rateLimits),
    outcomesUntil: toIso(outcomesUntil),
    emailEvents: { waiting, aside, capped: looked >= deploymentLimits.keptEvents, oldestAt: toIso(oldest) },
    health,
  };
}

function limitsWith({ API_RATE, ADDRESS_RATE }: ApiTools["rateLimits"]) {
  return {
    payloadBytes: limits.payloadBytes,
    bodyBytes: limits.bodyBytes,
    batchBodyBytes: limits.batchBodyBytes,
    messagesPerCommit: limits.messagesPerCommit,
    deliveriesPerCommit: limits.deliveriesPerCommit,
    deliverAtDaysAhead: limits.deliverAtAheadMs / DAY_MS,
    endpointsPerTenant: limits.endpointsPerTenant,
    eventTypesPerTenant: limits.eventTypesPerTenant,
    tokensPerTenant: limits.tokensPerTenant,
    replaysPerCall: limits.replaysPerCall,
    requestsPerMinute: API_RATE ? limits.apiRequestsPerPeriod : null,
    addressRequestsPerMinute: ADDRESS_RATE ? limits.addressRequestsPerPeriod : null,
  };
}

import { z } from "@hono/zod-openapi";
import { TROUBLES } from "../../domain/troubles.ts";
import { FOUND_BY, FOUND_KINDS } from "../../trace/search/found.ts";
import { channel, count, endpointId, eventType, instantOf, instantShape } from "../answer-fields.ts";
import { deadLetterGroupShape, deadLetterShape } from "../deliveries/answers.ts";
import { HEALTH_TROUBLES, healthShape } from "../health/answers.ts";
import { pageShape } from "../page.ts";
import { outcomesShape } from "../stats/series-answers.ts";

const ofTenant = {
  tenantId: z.string().openapi({ description: "Id of the tenant.", example: "acme" }),
  tenantName: z
    .string()
    .nullable()
    .openapi({ description: "Name of the tenant. Null: it has none.", example: "Acme Inc." }),
};

const counted = z
  .object({
    count: count.openapi({ description: "Number counted.", example: 3 }),
    capped: z.boolean().openapi({
      description: "True: counting stopped at a limit, and there may be more.",
      example: false,
    }),
  })
  .openapi("BoundedCount");

export const overviewShape = z
  .object({
    status: z.enum(["ok", "trouble"]).openapi({
      description: "`trouble`: there is at least one reason.",
      example: "trouble",
    }),
    reasons: z.array(z.enum([...HEALTH_TROUBLES, ...TROUBLES])).openapi({
      description:
        "Every reason for trouble, the worst first: troubles of `GET /health`, then troubles of tenants as in `GET /v1/troubles`, but for `failingEndpoints`, which are tried again by themselves.",
      example: ["blockedKeys", "deadLetters"],
    }),
    tenants: z
      .object({
        active: counted.openapi({ description: "Active tenants." }),
        paused: counted.openapi({ description: "Paused tenants." }),
        deleted: counted.openapi({ description: "Deleted tenants." }),
      })
      .openapi({ description: "Tenants by state." }),
    troubled: z
      .object({
        any: counted.openapi({ description: "Tenants with any trouble." }),
        late: counted.openapi({
          description: "Tenants with deliveries more than 10 seconds late, as of `health.sweptAt`.",
        }),
        blockedKeys: counted.openapi({ description: "Tenants with blocked ordering keys." }),
        complaints: counted.openapi({
          description: "Tenants with too many complaints about their e-mails.",
        }),
        disabledEndpoints: counted.openapi({
          description: "Tenants with endpoints that were disabled because they failed or answered 410.",
        }),
        failingEndpoints: counted.openapi({
          description: "Tenants with enabled endpoints that fail, or are held by their breaker.",
        }),
        deadLetters: counted.openapi({ description: "Tenants with dead letters." }),
      })
      .openapi({ description: "Tenants by trouble. A tenant counts once for each of its troubles." }),
    deadLetters: counted.openapi({ description: "Dead letters of all tenants." }),
    blockedKeys: counted.openapi({ description: "Blocked ordering keys of all tenants." }),
    endpoints: z
      .object({
        failing: counted.openapi({ description: "Enabled endpoints whose latest attempt failed." }),
        held: counted.openapi({ description: "Endpoints that their open breaker holds back." }),
        disabled: counted.openapi({
          description: "Endpoints that were disabled because they failed or answered 410.",
        }),
      })
      .openapi({ description: "Failing endpoints of all tenants. Each counts once." }),
    outcomesUntil: instantOf(
      "Instant up to which outcomes are summed up, some minutes ago. 1970: the cron has not summed up yet.",
    ),
    lastHour: outcomesShape.openapi({
      description: "Outcomes of the hour before `outcomesUntil`.",
    }),
    lastDay: outcomesShape.openapi({
      description: "Outcomes of the 24 hours before `outcomesUntil`.",
    }),
    health: healthShape.openapi({
      description: "Findings of the cron's latest run, as `GET /health` answers them.",
    }),
  })
  .openapi("Overview");

const troubleShape = z
  .object({
    trouble: z.enum(TROUBLES).openapi({
      description:
        "`late`: deliveries are late. `blockedKeys`: a dead delivery blocks ordering keys. `complaints`: too many complaints about e-mails were told of within 24 hours. `disabledEndpoints`: endpoints were disabled because they failed or answered 410. `heldEndpoints`: the breaker of endpoints is open. `failingEndpoints`: the latest attempt at endpoints failed. `deadLetters`: deliveries died.",
      example: "deadLetters",
    }),
    count: count.nullable().openapi({
      description:
        "Number of keys, endpoints or dead letters. Null: late deliveries and complaints are not counted.",
      example: 12,
    }),
    capped: z.boolean().openapi({
      description: "True: counting stopped at a limit, and there may be more.",
      example: false,
    }),
    since: instantShape.nullable().openapi({
      description:
        "Instant since which the first of them has lasted; of disabled endpoints, the earliest latest change. Null: unknown.",
    }),
  })
  .openapi("Trouble");

export const troubledTenantShape = z
  .object({
    ...ofTenant,
    tenantState: z
      .enum(["active", "paused"])
      .openapi({ description: "State of the tenant.", example: "active" }),
    troubles: z.array(troubleShape).openapi({ description: "Troubles of the tenant, the worst first." }),
  })
  .openapi("TroubledTenant");

export const troublesShape = z
  .object({
    data: z.array(troubledTenantShape).openapi({
      description: "Tenants with trouble, at most 100: the worst first, and among equal ones the oldest.",
    }),
    complete: z.boolean().openapi({
      description: "True: every tenant with trouble is shown. False: there may be more.",
      example: true,
    }),
    lateAsOf: instantOf("Instant as of which late deliveries were found: the cron's latest run."),
  })
  .openapi("Troubles");

export const deadLetterOfTenantShape = deadLetterShape.extend(ofTenant).openapi("DeadLetterOfTenant");

export const deadLetterGroupOfTenantShape = deadLetterGroupShape
  .extend(ofTenant)
  .openapi("DeadLetterGroupOfTenant");

export const deadLetterGroupsOfAllShape = z
  .object({
    data: z
      .array(deadLetterGroupOfTenantShape)
      .openapi({ description: "Groups, the largest first, at most 100." }),
    complete: z.boolean().openapi({
      description: "True: every group of these dead letters is shown.",
      example: true,
    }),
    nextCursor: z.string().nullable().openapi({
      description: "Cursor of the dead letters that follow. Null: there are no more.",
      example: null,
    }),
  })
  .openapi("DeadLetterGroupsOfAll");

export const failingEndpointShape = z
  .object({
    ...ofTenant,
    endpointId,
    channel,
    target: z.string().nullable().openapi({
      description:
        "URL, address or name of the handler. Null: the built-in endpoint for direct e-mails has none.",
      example: "https://example.com/webhooks",
    }),
    description: z
      .string()
      .nullable()
      .openapi({ description: "Description for people.", example: "The warehouse" }),
    state: z
      .enum(["enabled", "disabled"])
      .openapi({ description: "State of the endpoint.", example: "enabled" }),
    stateReason: z.string().nullable().openapi({
      description: "Reason of the state: `gone` after a 410, or `failing`. Null while enabled.",
      example: null,
    }),
    failingSince: instantShape.nullable().openapi({
      description: "Instant since which every attempt has failed. Null: the latest attempt succeeded.",
    }),
    failedAt: instantShape.nullable().openapi({ description: "Instant of the latest failed attempt." }),
    heldUntil: instantShape.nullable().openapi({
      description: "Instant until which the open breaker sends nothing. Null: the breaker is closed.",
      example: null,
    }),
    updatedAt: instantOf("Instant of the latest change: of its disabling, unless it was changed afterwards."),
    budget: z
      .object({
        usedPercent: count.openapi({
          description: "Share of `DISABLE_AFTER_DAYS` for which it has failed, in percent.",
          example: 40,
        }),
        endsAt: instantOf("Instant from which on a failed attempt disables it."),
      })
      .nullable()
      .openapi({ description: "Failure budget. Null: it is disabled, or its latest attempt succeeded." }),
  })
  .openapi("FailingEndpoint");

export const foundShape = z
  .object({
    kind: z.enum(FOUND_KINDS).openapi({ description: "Kind of the finding.", example: "message" }),
    foundBy: z
      .enum(FOUND_BY)
      .openapi({ description: "Part of it that the text was found in.", example: "id" }),
    ...ofTenant,
    id: z.string().openapi({
      description: "Id of the tenant, endpoint, token or message; of a delivery, of its message.",
      example: "msg_hgvs9km9q7nq3nb43zh2ew",
    }),
    endpointId: endpointId.nullable().openapi({ description: "Endpoint of a delivery.", example: null }),
    state: z
      .string()
      .nullable()
      .openapi({ description: "State of a tenant, an endpoint or a delivery.", example: null }),
    target: z.string().nullable().openapi({ description: "Target of an endpoint.", example: null }),
    description: z
      .string()
      .nullable()
      .openapi({ description: "Description of an endpoint or a token.", example: null }),
    eventType: eventType.nullable().openapi({ description: "Event type of a message or a delivery." }),
    orderingKey: z
      .string()
      .nullable()
      .openapi({ description: "Ordering key of a message or a delivery.", example: "order-1001" }),
    at: instantOf("Instant of the commit, or of the creation."),
  })
  .openapi("Finding");

export const searchShape = pageShape(foundShape)
  .extend({
    lookedAt: z
      .object({
        tenants: count.openapi({ description: "Number of tenants looked at.", example: 212 }),
        messages: count.openapi({
          description: "Number of messages whose ordering key or payload was looked at.",
          example: 0,
        }),
      })
      .openapi({ description: "Extent of the search on this page." }),
    complete: z.boolean().openapi({
      description:
        "True: nothing is left to search. False: the search goes on at `nextCursor`; without one, some unsettled deliveries were not looked at: name a `tenant`.",
      example: true,
    }),
  })
  .openapi("SearchFindings");

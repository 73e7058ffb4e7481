import { z } from "@hono/zod-openapi";
import { limits } from "../../platform/limits.ts";
import { channel, count, endpointId, instantOf, messageId } from "../answer-fields.ts";
import { attemptShape, ofMessage, result } from "../deliveries/answers.ts";
import { spanShape } from "../stats/answers.ts";

export const failureShape = attemptShape.extend({ ...ofMessage, endpointId, channel }).openapi("Failure");

export const failureGroupShape = z
  .object({
    endpointId,
    channel,
    result: z.object({ error: result.error, httpStatus: result.httpStatus }).openapi({
      description:
        "Result that they have in common. `POST …/dead-letters/replay` takes it, with the `endpointId`.",
    }),
    count: count.openapi({ description: "Number of attempts in the group.", example: 412 }),
    dead: count.openapi({
      description: "Number of them after which their delivery was dead. After the others it was retried.",
      example: 12,
    }),
    firstAt: instantOf("Beginning of the first of them."),
    lastAt: instantOf("Beginning of the last of them."),
    activity: z
      .array(count)
      .length(limits.activityParts)
      .openapi({
        description: `Numbers of them in ${limits.activityParts} equal parts of the span, from its beginning on.`,
        example: [...Array(22).fill(0), 380, 32],
      }),
    example: messageId.openapi({ description: "Id of the newest message among theirs." }),
    responseExcerpt: result.responseExcerpt.openapi({
      description: "Beginning of the answer to the example, or the error in words. Null: there is neither.",
    }),
  })
  .openapi("FailureGroup");

export const failureGroupsShape = z
  .object({
    span: spanShape.openapi({ description: "Span in which the attempts began." }),
    data: z.array(failureGroupShape).openapi({ description: "Groups, the largest first, at most 100." }),
    complete: z.boolean().openapi({
      description:
        "True: every attempt on record in the span was counted, and every group is shown. False: only the newest 10,000 were counted, or there are more groups.",
      example: true,
    }),
  })
  .openapi("FailureGroups");

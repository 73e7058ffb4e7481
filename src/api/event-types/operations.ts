import { z } from "@hono/zod-openapi";
import { onceHeader } from "../headers.ts";
import { answers, bodyRefusals, named, onceRefusals, operation, refusals, takes } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { eventTypePath, tenantPath } from "../paths.ts";
import { booleanWord } from "../query.ts";
import { eventTypeShape, listedEventTypeShape } from "./answers.ts";
import { eventTypeChange, eventTypeInput } from "./inputs.ts";

const tags: [string] = ["Event types"];
const path = "/v1/tenants/{tenant}/event-types";
const one = `${path}/{eventType}` as const;

const archived = booleanWord
  .default("false")
  .openapi({ description: "True: the archived event types, instead of those in use." });

const withVolume = z
  .enum(["volume"])
  .optional()
  .openapi({ description: "`volume`: adds the number of messages of each event type." });

export const createEventTypeOperation = operation({
  operationId: "createEventType",
  tags,
  access: "manage",
  method: "post",
  path,
  summary: "Put an event type on the list",
  description:
    "Adds an event type. With a schema, each commit checks the payloads of that type. Messages of types that are not on the list are accepted unchecked. With `dryRun` the request is checked, and nothing changes.",
  parameters: [onceHeader],
  request: {
    params: tenantPath,
    body: takes(named(eventTypeInput, "NewEventType"), {
      name: "order.placed",
      description: "A customer has placed an order.",
      schema: { type: "object", required: ["orderId"], properties: { orderId: { type: "string" } } },
    }),
  },
  responses: {
    200: answers(
      "The event type was on the list already, with equal content; or the one that would be created, of a dry run.",
      eventTypeShape,
    ),
    201: answers("Created.", eventTypeShape),
    ...onceRefusals("event_type_exists", "event_type_limit_reached"),
  },
});

export const listEventTypesOperation = operation({
  operationId: "listEventTypes",
  tags,
  access: "read",
  method: "get",
  path,
  summary: "List the event types, newest first",
  description:
    "Lists the event types in use or, with `archived=true`, the archived ones. `with=volume` adds the number of messages of each in the last 24 hours.",
  request: { params: tenantPath, query: pageQuery.extend({ archived, with: withVolume }).strict() },
  responses: {
    200: answers("A page of entries.", pageShape(listedEventTypeShape)),
    ...refusals("invalid_input"),
  },
});

export const readEventTypeOperation = operation({
  operationId: "readEventType",
  tags,
  access: "read",
  method: "get",
  path: one,
  summary: "Read an event type",
  request: { params: eventTypePath },
  responses: {
    200: answers("The event type, as it now is.", eventTypeShape),
    ...refusals("event_type_not_found"),
  },
});

export const updateEventTypeOperation = operation({
  operationId: "updateEventType",
  tags,
  access: "manage",
  method: "patch",
  path: one,
  summary: "Change or archive an event type",
  description:
    "Changes the given fields; null removes one. A new schema applies from now on. An archived event type leaves the list, and endpoints can no longer newly name it; its messages are still accepted, and checked. With `dryRun` the request is checked, and nothing changes.",
  request: {
    params: eventTypePath,
    body: takes(named(eventTypeChange, "EventTypeChange"), { archived: true }),
  },
  responses: {
    200: answers("The event type, as it now is; of a dry run, as it would be.", eventTypeShape),
    ...bodyRefusals("event_type_not_found"),
  },
});

export const deleteEventTypeOperation = operation({
  operationId: "deleteEventType",
  tags,
  access: "manage",
  method: "delete",
  path: one,
  summary: "Take an event type off the list",
  description: "Deletes the event type and its schema. Its messages are accepted unchecked from then on.",
  request: { params: eventTypePath },
  responses: {
    204: { description: "Taken off the list." },
    ...bodyRefusals("event_type_not_found"),
  },
});

import { z } from "@hono/zod-openapi";
import { limits } from "../../platform/limits.ts";
import { onceHeader, traceHeader, traceStateHeader } from "../headers.ts";
import { answers, bodyRefusals, operation, refusals, takes } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { messagePath, tenantPath } from "../paths.ts";
import { booleanWord } from "../query.ts";
import { committedBatchShape, committedShape, messageShape, messageSummaryShape } from "./answers.ts";
import { emailInput } from "./email-inputs.ts";
import { messageFilter, messageInput } from "./inputs.ts";

const path = "/v1/tenants/{tenant}/messages";
const tags: [string] = ["Messages"];

const newMessage = messageInput.openapi("NewMessage");
const newEmail = emailInput.openapi("NewEmail");
const newBatch = z
  .strictObject({
    messages: z
      .array(newMessage)
      .min(1)
      .max(limits.messagesPerCommit)
      .describe("Messages to commit, in this order."),
  })
  .openapi("NewBatch");

const commitRefusals = bodyRefusals(
  "tenant_deleted",
  "endpoint_not_found",
  "sender_not_allowed",
  "payload_too_large",
  "idempotency_conflict",
  "quota_exceeded",
  "outcome_unknown",
);

const example = {
  eventType: "order.placed",
  payload: { orderId: "1001", total: 42 },
  orderingKey: "customer-7",
};

export const createMessageOperation = operation({
  operationId: "createMessage",
  tags,
  access: "messages:write",
  method: "post",
  path,
  summary: "Commit a message",
  description:
    "Commits a message, with a delivery for each endpoint that subscribes to its event type or that it names.",
  parameters: [onceHeader, traceHeader, traceStateHeader],
  request: {
    params: tenantPath,
    body: takes(newMessage, example),
  },
  responses: {
    202: answers("Committed.", committedShape),
    ...commitRefusals,
  },
});

export const createBatchOperation = operation({
  operationId: "createMessages",
  tags,
  access: "messages:write",
  method: "post",
  path: `${path}/batch`,
  maxBytes: limits.batchBodyBytes,
  summary: "Commit several messages",
  description:
    "Commits up to 100 messages in one transaction: all of them, in this order, or none. An e-mail to several recipients counts as one for each.",
  parameters: [onceHeader, traceHeader, traceStateHeader],
  request: {
    params: tenantPath,
    body: takes(newBatch, { messages: [example, { ...example, payload: { orderId: "1002", total: 7 } }] }),
  },
  responses: {
    202: answers("All committed.", committedBatchShape),
    ...commitRefusals,
  },
});

export const createEmailOperation = operation({
  operationId: "createEmail",
  tags: ["E-mails"],
  access: "messages:write",
  method: "post",
  path: "/v1/tenants/{tenant}/emails",
  summary: "Commit an e-mail",
  description:
    "Commits a message of the type `email` to the built-in endpoint alone; with several `to`, one for each recipient. The answer is that of the first, and lists them as `emails`.",
  parameters: [onceHeader, traceHeader, traceStateHeader],
  request: {
    params: tenantPath,
    body: takes(newEmail, { to: "Ada <ada@example.com>", subject: "Your order", text: "We have it." }),
  },
  responses: {
    202: answers("Committed.", committedShape),
    ...bodyRefusals(
      "tenant_deleted",
      "sender_not_allowed",
      "payload_too_large",
      "idempotency_conflict",
      "quota_exceeded",
      "outcome_unknown",
    ),
  },
});

export const readMessageOperation = operation({
  operationId: "readMessage",
  tags,
  access: "read",
  method: "get",
  path: `${path}/{message}`,
  summary: "Read a message, with its deliveries and their attempts",
  request: { params: messagePath },
  responses: {
    200: answers("The message with its deliveries and attempts.", messageShape),
    ...refusals("message_not_found"),
  },
});

const messageQuery = messageFilter.extend({
  ...pageQuery.shape,
  unmatched: booleanWord
    .optional()
    .openapi({ description: messageFilter.shape.unmatched.description ?? "", example: "true" }),
});

export const listMessagesOperation = operation({
  operationId: "listMessages",
  tags,
  access: "read",
  method: "get",
  path,
  summary: "List the messages, newest first",
  request: { params: tenantPath, query: messageQuery },
  responses: {
    200: answers("A page of entries.", pageShape(messageSummaryShape)),
    ...refusals("invalid_input"),
  },
});

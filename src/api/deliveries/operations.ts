import { answers, operation, refusals } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { deliveryPath, tenantPath } from "../paths.ts";
import { statusOf } from "../query.ts";
import {
  attemptShape,
  blockedKeyShape,
  deadLetterGroupsShape,
  deadLetterShape,
  deliveryDetailShape,
  listedDeliveryShape,
  listedEmailShape,
} from "./answers.ts";
import { blockedKeyFilter, deadLetterFilter, deliveryFilter, emailFilter, keyFilter } from "./inputs.ts";

const tenant = "/v1/tenants/{tenant}";
const one = `${tenant}/messages/{message}/deliveries/{endpoint}` as const;
const tags: [string] = ["Deliveries"];
const byStatus = statusOf(deadLetterFilter.shape);

export const listDeliveriesOperation = operation({
  operationId: "listDeliveries",
  tags,
  access: "read",
  method: "get",
  path: `${tenant}/deliveries`,
  summary: "List the deliveries, newest first",
  request: { params: tenantPath, query: deliveryFilter.extend({ ...pageQuery.shape, ...byStatus }) },
  responses: {
    200: answers("A page of entries.", pageShape(listedDeliveryShape)),
    ...refusals("invalid_input"),
  },
});

export const readDeliveryOperation = operation({
  operationId: "readDelivery",
  tags,
  access: "read",
  method: "get",
  path: one,
  summary: "Read a delivery, with its attempts",
  request: { params: deliveryPath },
  responses: {
    200: answers("The delivery with its attempts.", deliveryDetailShape),
    ...refusals("message_not_found", "delivery_not_found"),
  },
});

export const listAttemptsOperation = operation({
  operationId: "listAttempts",
  tags,
  access: "read",
  method: "get",
  path: `${one}/attempts`,
  summary: "List the attempts of a delivery, newest first",
  request: { params: deliveryPath, query: pageQuery.strict() },
  responses: {
    200: answers("A page of entries.", pageShape(attemptShape)),
    ...refusals("invalid_input", "message_not_found", "delivery_not_found"),
  },
});

export const listDeadLettersOperation = operation({
  operationId: "listDeadLetters",
  tags,
  access: "read",
  method: "get",
  path: `${tenant}/dead-letters`,
  summary: "List the dead letters, newest first",
  description:
    "Lists the deliveries that ended dead and need a person. A page reads only dead letters, however many messages there are.",
  request: { params: tenantPath, query: deadLetterFilter.extend({ ...pageQuery.shape, ...byStatus }) },
  responses: { 200: answers("A page of entries.", pageShape(deadLetterShape)), ...refusals("invalid_input") },
});

export const groupDeadLettersOperation = operation({
  operationId: "groupDeadLetters",
  tags,
  access: "read",
  method: "get",
  path: `${tenant}/dead-letters/groups`,
  summary: "Group the dead letters that died alike",
  description:
    "Groups dead letters by endpoint, reason, error and status. `POST …/dead-letters/replay` and `…/dismiss` take the `endpointId` and the `result` of a group.",
  request: { params: tenantPath, query: deadLetterFilter.extend(byStatus) },
  responses: { 200: answers("Groups.", deadLetterGroupsShape), ...refusals("invalid_input") },
});

export const listBlockedKeysOperation = operation({
  operationId: "listBlockedKeys",
  tags,
  access: "read",
  method: "get",
  path: `${tenant}/blocked-keys`,
  summary: "List the ordering keys that a dead delivery blocks, oldest head first",
  request: { params: tenantPath, query: blockedKeyFilter.extend(pageQuery.shape) },
  responses: { 200: answers("A page of entries.", pageShape(blockedKeyShape)), ...refusals("invalid_input") },
});

export const listBlockedDeliveriesOperation = operation({
  operationId: "listBlockedDeliveries",
  tags,
  access: "read",
  method: "get",
  path: `${tenant}/blocked-keys/deliveries`,
  summary: "List the deliveries of a blocked ordering key, in their order",
  description:
    "Lists the dead deliveries that block the key of the endpoint, and the unsettled ones behind them: the first is the head. A key that nothing blocks has only unsettled ones, or none.",
  request: { params: tenantPath, query: keyFilter.extend(pageQuery.shape) },
  responses: {
    200: answers("A page of entries.", pageShape(listedDeliveryShape)),
    ...refusals("invalid_input"),
  },
});

export const listEmailsOperation = operation({
  operationId: "listEmails",
  tags: ["E-mails"],
  access: "read",
  method: "get",
  path: `${tenant}/emails`,
  summary: "List the direct e-mails, newest first",
  description:
    "Lists the deliveries to the built-in endpoint, with recipients and subject. For the whole e-mail, read its message.",
  request: { params: tenantPath, query: emailFilter.extend(pageQuery.shape) },
  responses: {
    200: answers("A page of entries.", pageShape(listedEmailShape)),
    ...refusals("invalid_input"),
  },
});

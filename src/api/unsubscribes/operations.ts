import { answers, bodyRefusals, named, operation, refusals, takes } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { tenantPath } from "../paths.ts";
import { unsubscribeShape } from "./answers.ts";
import { unsubscribeFilter, unsubscribeInput } from "./inputs.ts";

const path = "/v1/tenants/{tenant}/unsubscribes";
const tags: [string] = ["E-mails"];

export const listUnsubscribesOperation = operation({
  operationId: "listUnsubscribes",
  tags,
  access: "read",
  method: "get",
  path,
  summary: "List the topics from which addresses have unsubscribed, by address",
  request: { params: tenantPath, query: unsubscribeFilter.extend(pageQuery.shape) },
  responses: {
    200: answers("A page of entries.", pageShape(unsubscribeShape)),
    ...refusals("invalid_input"),
  },
});

export const putUnsubscribeOperation = operation({
  operationId: "putUnsubscribe",
  tags,
  access: "manage",
  method: "put",
  path,
  summary: "Unsubscribe an address from a topic",
  description:
    "E-mails of the topic no longer go to the address. One that has unsubscribed stays as it is. No system event tells of it.",
  request: {
    params: tenantPath,
    body: takes(named(unsubscribeInput, "NewUnsubscribe"), {
      address: "ada@example.com",
      topic: "newsletter",
    }),
  },
  responses: {
    200: answers("The unsubscribe.", unsubscribeShape),
    ...bodyRefusals("unsubscribe_limit_reached"),
  },
});

export const removeUnsubscribeOperation = operation({
  operationId: "removeUnsubscribe",
  tags,
  access: "manage",
  method: "delete",
  path,
  summary: "Remove an unsubscribe",
  description:
    "E-mails of the topic go to the address again: ask its owner first. E-mails that were cancelled meanwhile stay so.",
  request: { params: tenantPath, query: unsubscribeInput },
  responses: {
    204: { description: "Removed, or never unsubscribed." },
    ...bodyRefusals(),
  },
});

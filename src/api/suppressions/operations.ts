import { z } from "@hono/zod-openapi";
import { plainAddressInput } from "../../domain/email-content.ts";
import { limits } from "../../platform/limits.ts";
import { onceHeader } from "../headers.ts";
import { answers, bodyRefusals, named, onceRefusals, operation, refusals, takes } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { tenantPath } from "../paths.ts";
import { importedSuppressionsShape, suppressionShape } from "./answers.ts";
import { suppressionFilter, suppressionInput, suppressionsImportInput } from "./inputs.ts";

const path = "/v1/tenants/{tenant}/suppressions";
const tags: [string] = ["E-mails"];

export const listSuppressionsOperation = operation({
  operationId: "listSuppressions",
  tags,
  access: "read",
  method: "get",
  path,
  summary: "List the suppressed addresses, by address",
  request: { params: tenantPath, query: suppressionFilter.extend(pageQuery.shape) },
  responses: {
    200: answers("A page of entries.", pageShape(suppressionShape)),
    ...refusals("invalid_input"),
  },
});

export const putSuppressionOperation = operation({
  operationId: "putSuppression",
  tags,
  access: "manage",
  method: "put",
  path,
  summary: "Suppress an address",
  description:
    "No e-mail of the tenant goes to the address until then. Replaces the reason and the end of a suppression that is there.",
  request: {
    params: tenantPath,
    body: takes(named(suppressionInput, "NewSuppression"), {
      address: "ada@example.com",
      note: "Asked by telephone",
    }),
  },
  responses: {
    200: answers("The suppression.", suppressionShape),
    ...bodyRefusals("suppression_limit_reached"),
  },
});

export const importSuppressionsOperation = operation({
  operationId: "importSuppressions",
  tags,
  access: "manage",
  method: "post",
  path: `${path}/import`,
  maxBytes: limits.batchBodyBytes,
  summary: "Suppress many addresses",
  description:
    "Suppresses up to 1,000 addresses in one transaction, as `PUT …/suppressions` does each: all valid entries, or none. Refused ones are told, and keep no other out. A repetition changes nothing.",
  parameters: [onceHeader],
  request: {
    params: tenantPath,
    body: takes(named(suppressionsImportInput, "NewSuppressions"), {
      suppressions: [
        { address: "ada@example.com", note: "Bounced at our former provider" },
        { address: "bob@example.com", until: "2027-12-31T00:00:00Z" },
      ],
    }),
  },
  responses: {
    200: answers("How many were added, and which were refused.", importedSuppressionsShape),
    ...onceRefusals("suppression_limit_reached"),
  },
});

export const liftSuppressionOperation = operation({
  operationId: "liftSuppression",
  tags,
  access: "manage",
  method: "delete",
  path,
  summary: "Lift the suppression of an address",
  description:
    "E-mails go to the address again, and its bounces are forgotten. E-mails that died meanwhile are dead letters with the reason `suppressed`.",
  request: {
    params: tenantPath,
    query: z.strictObject({
      address: plainAddressInput.describe("Address whose suppression is lifted."),
    }),
  },
  responses: {
    204: { description: "Lifted, or never suppressed." },
    ...bodyRefusals(),
  },
});

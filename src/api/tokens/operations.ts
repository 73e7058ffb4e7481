import { onceHeader } from "../headers.ts";
import { answers, bodyRefusals, named, onceRefusals, operation, refusals, takes } from "../operation.ts";
import { pageQuery, pageShape } from "../page.ts";
import { tenantPath, tokenPath } from "../paths.ts";
import { issuedTokenShape, revokedShape, sessionQuery, tokenShape } from "./answers.ts";
import { tokenInput } from "./inputs.ts";

const tags: [string] = ["Tokens"];
const path = "/v1/tenants/{tenant}/tokens";

export const issueTokenOperation = operation({
  operationId: "issueToken",
  tags,
  access: "operator",
  method: "post",
  path,
  summary: "Issue a token",
  description:
    "Issues a token for the tenant and shows it in this answer only. Scopes do not include one another.",
  parameters: [onceHeader],
  request: {
    params: tenantPath,
    body: takes(named(tokenInput, "NewToken"), {
      scopes: ["messages:write"],
      expiresInSeconds: 7776000,
      description: "The checkout",
    }),
  },
  responses: {
    201: answers("Issued.", issuedTokenShape),
    ...onceRefusals("token_limit_reached", "secret_keys_missing"),
  },
});

export const listTokensOperation = operation({
  operationId: "listTokens",
  tags,
  access: "operator",
  method: "get",
  path,
  summary: "List the tokens, newest first",
  description: "Includes expired tokens until they are purged. The tokens themselves are not shown.",
  request: { params: tenantPath, query: pageQuery.strict() },
  responses: { 200: answers("A page of entries.", pageShape(tokenShape)), ...refusals("invalid_input") },
});

export const readTokenOperation = operation({
  operationId: "readToken",
  tags,
  access: "operator",
  method: "get",
  path: `${path}/{token}`,
  summary: "Read a token's scopes and expiry",
  request: { params: tokenPath },
  responses: {
    200: answers("The token's record, without the token itself.", tokenShape),
    ...refusals("token_not_found"),
  },
});

export const revokeSessionOperation = operation({
  operationId: "revokeSession",
  tags,
  access: "operator",
  role: "manage",
  method: "delete",
  path,
  summary: "Revoke the tokens of a session of the portal",
  description: "Revokes at once every token that was issued by links with this `sessionId`.",
  request: { params: tenantPath, query: sessionQuery },
  responses: {
    200: answers("Revoked. A session without tokens is no error.", revokedShape),
    ...bodyRefusals(),
  },
});

export const revokeTokenOperation = operation({
  operationId: "revokeToken",
  tags,
  access: "operator",
  method: "delete",
  path: `${path}/{token}`,
  summary: "Revoke a token",
  description: "Revokes the token at once: even a commit under way checks it in its own transaction.",
  request: { params: tokenPath },
  responses: { 204: { description: "Revoked." }, ...bodyRefusals("token_not_found") },
});

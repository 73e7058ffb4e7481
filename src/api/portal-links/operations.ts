import { answers, bodyRefusals, mayTake, named, operation } from "../operation.ts";
import { tenantPath } from "../paths.ts";
import { portalLinkShape } from "./answers.ts";
import { portalLinkInput } from "./inputs.ts";

export const createPortalLinkOperation = operation({
  operationId: "createPortalLink",
  tags: ["Tokens"],
  access: "operator",
  role: "manage",
  method: "post",
  path: "/v1/tenants/{tenant}/portal-links",
  summary: "Create a link to the portal",
  description:
    "Creates a link that opens the tenant's portal once, within five minutes. Its opening issues a token of the tenant, on the list of tokens, and makes the audit entry, in the name of the link's maker.",
  request: {
    params: tenantPath,
    body: mayTake(named(portalLinkInput, "NewPortalLink"), {
      scopes: ["read", "manage"],
      expiresInSeconds: 3600,
      next: "endpoints",
      theme: { accent: "#0a7f5a", radius: 8, font: "system", mode: "system" },
      language: "en",
      returnUrl: "https://app.example.com/settings",
      sessionId: "3f9c",
    }),
  },
  responses: { 201: answers("Created.", portalLinkShape), ...bodyRefusals("secret_keys_missing") },
});

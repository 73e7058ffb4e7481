import type { ApiTools } from "../../api/context.ts";
import { keysOf, readHeaders, verify } from "../../inbox/verify.ts";
import { receiverLimits as limits } from "../../platform/development-limits.ts";
import { signingSecretsOf } from "../../registry/signing-secrets.ts";
import type { Arrival } from "./answers.ts";

type Checked = Pick<Arrival, "signature" | "endpoint">;

/** Verifies a webhook by the secrets of the endpoints that point to its path. */
export async function checkSignature(
  tools: Pick<ApiTools, "db" | "vault" | "clock">,
  headers: Headers,
  { path, body, bytes }: { path: string; body: string; bytes: number },
): Promise<Checked> {
  const unknown: Checked = { signature: null, endpoint: null };
  if (!headers.has("webhook-signature") || bytes > limits.bodyBytes) return unknown;
  const secrets = await signingSecretsOf(tools, path).catch(() => []);
  if (secrets.length === 0) return unknown;
  for (const { tenantId, id, secret } of secrets) {
    if (await isSignedBy(secret, headers, body, tools.clock.now())) {
      return { signature: "valid", endpoint: { tenantId, id } };
    }
  }
  return { signature: "invalid", endpoint: null };
}

async function isSignedBy(secret: string, headers: Headers, body: string, now: number): Promise<boolean> {
  try {
    await verify(await keysOf(secret), readHeaders(headers, now), body);
    return true;
  } catch {
    return false;
  }
}

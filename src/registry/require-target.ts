import { invalid } from "../platform/errors.ts";
import type { EndpointTools } from "./endpoint-row.ts";

/**
 * Refuses a URL that cannot receive webhooks.
 * @throws {OutboxError} `invalid_input`
 */
export function requireTarget({ refuseUrl }: Pick<EndpointTools, "refuseUrl">, url: string): void {
  const reason = refuseUrl(url);
  if (reason !== undefined) throw invalid("url", reason);
}

import { invalid } from "../platform/errors.ts";
import type { EndpointTools } from "./endpoint-row.ts";

/**
 * Lets a webhook's URL pass that is one to send to.
 * @throws {OutboxError} `invalid_input`
 */
export function requireTarget({ refuseUrl }: Pick<EndpointTools, "refuseUrl">, url: string): void {
  const reason = refuseUrl(url);
  if (reason !== undefined) throw invalid("url", reason);
}

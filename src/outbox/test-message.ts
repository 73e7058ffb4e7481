import { isBuiltIn } from "../domain/handlers.ts";
import { invalid } from "../platform/errors.ts";
import type { CheckedMessage } from "./message.ts";

/**
 * Makes a message that tests one endpoint alone.
 * @throws {OutboxError} `invalid_input` for a built-in endpoint
 */
export function testMessage(endpointId: string): CheckedMessage {
  if (isBuiltIn(endpointId)) {
    throw invalid(
      "",
      "A built-in endpoint cannot be tested: it takes only messages that name it. Test an endpoint of your own.",
    );
  }
  return { eventType: "endpoint.test", payload: { endpointId }, endpointIds: [endpointId] };
}

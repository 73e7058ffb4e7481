import type { PayloadSchema } from "./payload-schema.ts";
import type { PayloadSchemas } from "./payload-schemas.ts";

const MISSING =
  "cannot be checked by this Worker, which was built without JSON Schemas; give createOutbox the option payloadSchemas, from edge-outbox/schemas";

/** Stands in for the checks where an app has left them out: refuses schemas, and payloads of event types that have one. */
export const noSchemas: PayloadSchemas = {
  refuse: async (_, path) => [{ path, message: MISSING }],
  survey: async () => ({ weight: 0, compile: async () => unusable(MISSING) }),
};

/** Schema that no payload fits, for this reason. */
export function unusable(message: string): PayloadSchema {
  return { bytes: 0, misfits: (_, path) => ({ fields: [{ path, message }], cutShort: true }) };
}

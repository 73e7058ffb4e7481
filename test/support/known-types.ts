import { KnownTypes } from "../../src/outbox/known-types.ts";
import { surveySchema } from "../../src/schemas/payload-schema.ts";
import type { PayloadSchemas } from "../../src/schemas/payload-schemas.ts";
import { refuseSchema } from "../../src/schemas/refuse-schema.ts";

/** The checks, loaded beforehand: a test that counts awaits does not count their loading. */
export const payloadSchemas: PayloadSchemas = {
  refuse: refuseSchema,
  survey: async (text) => surveySchema(text),
};

/** An isolate's knowledge of event types, of which it has met none. */
export const newTypes = () => new KnownTypes(payloadSchemas);

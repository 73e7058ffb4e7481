/** JSON Schemas of event types, beside the library: an app that does not import them does not bundle them. */

import type { FieldError } from "../platform/errors.ts";
import type { Meter } from "../platform/meter.ts";
import type { SurveyedSchema } from "./payload-schema.ts";

/** Checks of payloads by the JSON Schemas of their event types. */
export interface PayloadSchemas {
  /** Reasons for which a schema is refused; none for a good one. `text`: its JSON. */
  refuse(text: string, path: string, meter?: Meter): Promise<FieldError[]>;
  /** @throws {Error} for an invalid schema */
  survey(text: string): Promise<SurveyedSchema>;
}

/**
 * Option of `createOutbox` with which its Worker takes event types with a JSON Schema, and checks their payloads. The
 * first schema of an isolate waits until the checks are loaded.
 *
 * @example
 * const outbox = createOutbox({ payloadSchemas });
 */
export const payloadSchemas: PayloadSchemas = {
  refuse: async (...schema) => (await import("./refuse-schema.ts")).refuseSchema(...schema),
  survey: async (text) => (await import("./payload-schema.ts")).surveySchema(text),
};

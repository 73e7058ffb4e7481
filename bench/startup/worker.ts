/** The Worker whose API and checks of payloads are made while it is loaded, for comparison. */
import { createApp } from "../../src/api/app.ts";
import { apiTools } from "../../src/api-tools.ts";
import { createOutbox, type OutboxEnv } from "../../src/index.ts";
import { insidesOf } from "../../src/insides.ts";
import { surveySchema } from "../../src/schemas/payload-schema.ts";
import { refuseSchema } from "../../src/schemas/refuse-schema.ts";

const outbox = createOutbox<OutboxEnv>({
  payloadSchemas: { refuse: refuseSchema, survey: async (text) => surveySchema(text) },
});
const insides = insidesOf<OutboxEnv>(outbox);
if (!insides) throw new Error("It is an outbox");

export class TenantRelay extends outbox.TenantRelay {}

export default {
  fetch: createApp<OutboxEnv>((env, calledAt) => apiTools(insides.hostOf(env), calledAt)).fetch,
  queue: outbox.queue,
  scheduled: outbox.scheduled,
} satisfies ExportedHandler<OutboxEnv>;

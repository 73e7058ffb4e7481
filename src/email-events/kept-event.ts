import * as z from "zod";
import { EVENT_STATUSES } from "../domain/email-status.ts";
import type { ProviderEvent } from "./provider-event.ts";

/** Form of a kept event: another version of the Worker may have written it. */
const keptEvent = z.object({
  provider: z.literal("cloudflare"),
  id: z.string(),
  status: z.enum(EVENT_STATUSES),
  recipients: z.array(z.string()),
  isExact: z.boolean(),
  at: z.number().nullable(),
  providerId: z.string(),
  tags: z.null(),
  detail: z.string().nullable(),
}) satisfies z.ZodType<ProviderEvent>;

/** Reads a kept event. Undefined: it is none that this version knows. */
export function readKept(event: string): ProviderEvent | undefined {
  try {
    return keptEvent.safeParse(JSON.parse(event)).data;
  } catch {
    return undefined;
  }
}

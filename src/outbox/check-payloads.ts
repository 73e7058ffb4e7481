import { isDirect } from "../domain/event-type.ts";
import { joinPath } from "../platform/check.ts";
import type { Clock } from "../platform/clock.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { type Meter, sharedThread } from "../platform/meter.ts";
import { Steps } from "../schemas/steps.ts";
import { knownAs, type TypesInForce } from "./known-types.ts";
import type { Draft } from "./message.ts";

/** The event types whose schemas check a commit. Direct e-mails and work have none. */
export function typesOf(drafts: readonly Draft[]): string[] {
  const names = new Set(drafts.map(({ eventType }) => eventType));
  return [...names].filter((name) => !isDirect(name));
}

/**
 * Fields of payloads that do not fit the schemas of their event types. Undefined if the schemas are unknown. `meter`:
 * counts the steps of each payload.
 */
export async function misfitsOf(
  types: TypesInForce | undefined,
  drafts: readonly Draft[],
  { clock, meter = sharedThread(clock) }: { clock: Clock; meter?: Meter | undefined },
): Promise<FieldError[] | undefined> {
  if (!types) return undefined;
  if (types.beyond !== undefined) return [tooManySchemas(drafts, types.beyond)];
  if (types.version !== 0 && !typesOf(drafts).every((name) => knownAs(types, name))) return undefined;
  const fields: FieldError[] = [];
  const steps = new Steps(clock);
  for (const { payloadPath, eventType, payload } of drafts) {
    const schema = knownAs(types, eventType)?.schema;
    if (!schema) continue;
    const misfits = schema.misfits(payload, payloadPath, steps);
    fields.push(...misfits.fields);
    await steps.tell(meter);
    if (misfits.cutShort || fields.length >= limits.misfits) break;
  }
  return fields.slice(0, limits.misfits);
}

function tooManySchemas(drafts: readonly Draft[], beyond: string): FieldError {
  const { path = "" } = drafts.find(({ eventType }) => eventType === beyond) ?? {};
  return {
    path: joinPath(path, ["eventType"]),
    message:
      "has a schema that exceeds the budget of a commit together with the schemas before it; commit fewer event types at once",
  };
}

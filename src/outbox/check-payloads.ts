import { isDirect } from "../domain/event-type.ts";
import type { Clock } from "../platform/clock.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { Steps } from "../schemas/steps.ts";
import type { TypesInForce } from "./known-types.ts";
import type { Draft } from "./message.ts";

/** The event types whose schemas a commit is checked by. Direct e-mails and work have none. */
export function typesOf(drafts: readonly Draft[]): string[] {
  const names = new Set(drafts.map(({ eventType }) => eventType));
  return [...names].filter((name) => !isDirect(name));
}

/** Where the payloads do not fit the schemas of their event types. Undefined when these are not known. */
export function misfitsOf(
  types: TypesInForce | undefined,
  drafts: readonly Draft[],
  clock: Clock,
): FieldError[] | undefined {
  if (!types) return undefined;
  const { version, schemas } = types;
  if (version !== 0 && !typesOf(drafts).every((name) => schemas.has(name))) return undefined;
  const fields: FieldError[] = [];
  const steps = new Steps(clock);
  for (const [position, { eventType, payload }] of drafts.entries()) {
    const misfits = schemas.get(eventType)?.schema?.misfits(payload, `messages[${position}].payload`, steps);
    fields.push(...(misfits?.fields ?? []));
    if (misfits?.gaveUp || fields.length >= limits.misfits) break;
  }
  return fields.slice(0, limits.misfits);
}

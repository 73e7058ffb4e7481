import { limits } from "../platform/limits.ts";
import type { Pattern } from "./pattern.ts";

/** Wants of keywords, by name. `value`: the validator's form of the keyword's value. */
const WANTS: Readonly<Record<string, (value: never) => string>> = {
  type: (types: string | string[]) => `must be of type ${[types].flat().join(" or ")}`,
  enum: ({ texts }: { texts: string[] }) => `must be one of ${texts.join(", ")}`,
  const: ({ texts }: { texts: string[] }) => `must be ${texts.join()}`,
  pattern: (pattern: Pattern) => `must match ${pattern.source}`,
  format: (format: string) => `must have the format "${format}"`,
  minLength: (least: number) => `must have at least ${least} characters`,
  maxLength: (most: number) => `must have at most ${most} characters`,
  minimum: ({ text }: { text: string }) => `must be at least ${text}`,
  maximum: ({ text }: { text: string }) => `must be at most ${text}`,
  exclusiveMinimum: ({ text }: { text: string }) => `must be more than ${text}`,
  exclusiveMaximum: ({ text }: { text: string }) => `must be less than ${text}`,
  multipleOf: ({ text }: { text: string }) => `must be a multiple of ${text}`,
  minItems: (least: number) => `must have at least ${least} items`,
  maxItems: (most: number) => `must have at most ${most} items`,
  uniqueItems: () => "must not have an item twice",
  minProperties: (least: number) => `must have at least ${least} properties`,
  maxProperties: (most: number) => `must have at most ${most} properties`,
  anyOf: () => "must fit one of the schemas under anyOf",
  oneOf: () => "must fit exactly one of the schemas under oneOf",
  not: () => "must not fit the schema under not",
  contains: () => "must have as many items that fit the schema under contains as it asks for",
};

/** A want of the schema. `property`: the property that it is about. Defaults to the value itself. */
export interface Want {
  property?: string;
  message: string;
}

/** Wants of a keyword that refused a value. Never tells the value. */
export function wantsOf(keyword: string, value: unknown, instance: unknown): Want[] {
  if (keyword === "required") {
    const missing = (value as string[]).filter((name) => !Object.hasOwn(instance as object, name));
    return missing.slice(0, limits.misfits).map((property) => ({ property, message: "is required" }));
  }
  const want = WANTS[keyword] as ((value: unknown) => string) | undefined;
  const message = want ? want(value) : `does not fit the schema's ${keyword}`;
  const short = message.length <= limits.wantLength;
  return [{ message: short ? message : `${message.slice(0, limits.wantLength)}…` }];
}

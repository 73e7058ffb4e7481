import * as Instance from "@hyperjump/json-schema/instance/experimental";
import { Digits, type ExactNumber, isInteger } from "./decimal.ts";
import type { Steps } from "./steps.ts";

type Node = Instance.JsonNode;

/**
 * A value in the library's form, at a step for each part. Numbers may be `Digits`, which the library's own function
 * does not take.
 */
export function nodeOf(value: unknown, steps: Steps, parent?: Node): Node {
  steps.spend(1);
  const node = (type: string) => Instance.cons("", "", value as never, type as never, [], parent);
  if (value === null) return node("null");
  if (typeof value !== "object") return node(typeof value);
  if (value instanceof Digits) return node("number");
  if (Array.isArray(value)) {
    const array = node("array");
    for (const item of value) array.children.push(nodeOf(item, steps, array));
    return array;
  }
  const object = node("object");
  for (const [name, inner] of Object.entries(value)) {
    const property = Instance.cons("", "", undefined as never, "property" as never, [], object);
    property.children.push(nodeOf(name, steps, property), nodeOf(inner, steps, property));
    object.children.push(property);
  }
  return object;
}

/** True if a value has one of these types. A number without a fraction is an integer too. */
export function hasType(types: readonly string[], instance: Node): boolean {
  const actual = Instance.typeOf(instance);
  if (types.includes(actual)) return true;
  return actual === "number" && types.includes("integer") && isInteger(Instance.value<ExactNumber>(instance));
}

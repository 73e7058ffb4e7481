import * as Instance from "@hyperjump/json-schema/instance/experimental";
import { Digits } from "./decimal.ts";

type Node = Instance.JsonNode;

/** A value as the library looks at it. Numbers may be `Digits`, which its own function for this does not take. */
export function nodeOf(value: unknown, parent?: Node): Node {
  const node = (type: string) => Instance.cons("", "", value as never, type as never, [], parent);
  if (value === null) return node("null");
  if (typeof value !== "object") return node(typeof value);
  if (value instanceof Digits) return node("number");
  if (Array.isArray(value)) {
    const array = node("array");
    for (const item of value) array.children.push(nodeOf(item, array));
    return array;
  }
  const object = node("object");
  for (const [name, inner] of Object.entries(value)) {
    const property = Instance.cons("", "", undefined as never, "property" as never, [], object);
    property.children.push(nodeOf(name, property), nodeOf(inner, property));
    object.children.push(property);
  }
  return object;
}

/** A value as people write it: objects line by line, lists of plain values on one. */
export function renderJson(value: unknown, unit: string, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = indent + unit;
  const isObject = !Array.isArray(value);
  const parts = isObject
    ? Object.entries(value).map(([key, part]) => member(key, renderJson(part, unit, inner)))
    : value.map((part) => renderJson(part, unit, inner));
  const [open, close] = isObject ? ["{", "}"] : ["[", "]"];
  const isPlain = !isObject && value.every((part) => typeof part !== "object");
  if (parts.length === 0 || isPlain) return `${open}${parts.join(", ")}${close}`;
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

/** On one line, with spaces. */
export function inlineJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inlineJson).join(", ")}]`;
  return `{ ${Object.entries(value)
    .map(([key, part]) => member(key, inlineJson(part)))
    .join(", ")} }`;
}

export function member(key: string, text: string): string {
  return `${JSON.stringify(key)}: ${text}`;
}

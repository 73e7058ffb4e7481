import type { Section } from "./worker-config.ts";

/** The names that a Worker's bindings and variables have taken, with the key that each stands under. */
export function bindingsOf(section: Section): Map<string, string> {
  const { env: _, vars = {}, durable_objects, queues, ...rest } = section as Section & { env?: unknown };
  const named = [
    ...Object.entries(rest),
    ["durable_objects", durable_objects?.bindings],
    ["queues", queues?.producers],
  ];
  return new Map([
    ...Object.keys(vars).map((name) => [name, "vars"] as const),
    ...named.flatMap(([kind, value]) => namesIn(value).map((name) => [name, kind as string] as const)),
  ]);
}

/** A binding has its name in "binding", some kinds have it in "name". A name alone, of a table, is another thing. */
function namesIn(value: unknown): string[] {
  const isList = Array.isArray(value);
  return (isList ? value : [value]).flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const { binding, name } = entry as Record<string, unknown>;
    const found = binding ?? (isList ? name : undefined);
    return typeof found === "string" ? [found] : [];
  });
}

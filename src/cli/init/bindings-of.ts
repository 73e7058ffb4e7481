import type { Section } from "./worker-config.ts";

/** Names taken by a Worker's bindings and variables, each with its key. */
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

/** A binding has its name in "binding", some kinds in "name". A mere name, as of a table, does not count. */
function namesIn(value: unknown): string[] {
  const isList = Array.isArray(value);
  return (isList ? value : [value]).flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const { binding, name } = entry as Record<string, unknown>;
    const found = binding ?? (isList ? name : undefined);
    return typeof found === "string" ? [found] : [];
  });
}

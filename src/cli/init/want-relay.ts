import { bindingsOf } from "./bindings-of.ts";
import type { Finding } from "./finding.ts";
import { inherited, pathOfInherited, type Target } from "./target.ts";
import type { Section } from "./worker-config.ts";

const BINDING = "RELAY";
const CLASS = "TenantRelay";

/**
 * The binding RELAY.
 * @param script the Worker with the Durable Object; undefined for this Worker
 */
export function wantRelay(target: Target, script: string | undefined): Partial<Finding> {
  const { section, where, path } = target;
  const bindings = section.durable_objects?.bindings ?? [];
  const there = bindings.find(({ name }) => name === BINDING);
  if (there) return misbound(there, script, where);
  const taken = bindingsOf(section).get(BINDING);
  if (taken !== undefined) {
    return {
      conflicts: [
        `${BINDING} in ${where} is taken (${taken}): the outbox needs the name for its Durable Object.`,
      ],
    };
  }
  const other = bindings.find(
    ({ class_name, script_name }) => class_name === CLASS && script_name === script,
  );
  if (other) {
    return {
      conflicts: [
        `${where} binds the class ${CLASS} as ${other.name}. If it is the outbox's, call the binding ${BINDING}; if it is yours, call the class otherwise.`,
      ],
    };
  }
  const value = {
    name: BINDING,
    class_name: CLASS,
    ...(script === undefined ? {} : { script_name: script }),
  };
  const why =
    script === undefined
      ? "Relays what was committed, one for each tenant."
      : `The outbox's Worker relays what is committed here: it is woken through this.`;
  return { additions: [{ kind: "append", at: [...path, "durable_objects", "bindings"], value, why }] };
}

type Binding = NonNullable<NonNullable<Section["durable_objects"]>["bindings"]>[number];

function misbound(
  { class_name, script_name }: Binding,
  script: string | undefined,
  where: string,
): Partial<Finding> {
  if (class_name === CLASS && script_name === script) return {};
  const of = (name: string | undefined) => (name === undefined ? "of this Worker" : `of the Worker ${name}`);
  const found = `${BINDING} in ${where} is bound to ${class_name} ${of(script_name)}`;
  const wanted = `the outbox needs it for ${CLASS} ${of(script)}`;
  const remedy =
    class_name !== CLASS
      ? "Give your binding another name."
      : script_name === undefined
        ? "Take it away, if another Worker is to relay."
        : `If that one is to relay, run init with --sidecar --script ${script_name}; if not, take it away.`;
  return { conflicts: [`${found}: ${wanted}. ${remedy}`] };
}

/** Declares the class: by `exports` if the app uses it, and else by a migration. */
export function wantRelayClass(target: Target): Partial<Finding> {
  const exported = inherited(target, "exports") ?? {};
  const migrations = inherited(target, "migrations") ?? [];
  if (exported[CLASS]?.type === "durable-object" || classesOf(migrations).has(CLASS)) return {};
  // wrangler takes only one of the two.
  if (Object.values(exported).some(({ type }) => type === "durable-object")) {
    const value = { type: "durable-object", storage: "sqlite" };
    return { additions: [{ kind: "set", at: [...pathOfInherited(target, "exports"), CLASS], value }] };
  }
  const value = { tag: nextTag(migrations.map(({ tag }) => tag)), new_sqlite_classes: [CLASS] };
  return { additions: [{ kind: "append", at: pathOfInherited(target, "migrations"), value }] };
}

/** Classes that exist after all migrations. */
function classesOf(migrations: NonNullable<Section["migrations"]>): Set<string> {
  const classes = new Set<string>();
  for (const { new_classes = [], new_sqlite_classes = [], ...changes } of migrations) {
    for (const name of [...new_classes, ...new_sqlite_classes]) classes.add(name);
    for (const { to } of changes.transferred_classes ?? []) classes.add(to);
    for (const { from, to } of changes.renamed_classes ?? []) {
      classes.delete(from);
      classes.add(to);
    }
    for (const name of changes.deleted_classes ?? []) classes.delete(name);
  }
  return classes;
}

/** The number after the last tag's, with as many digits; `v1` and so on where tags have no numbers. */
export function nextTag(tags: readonly string[]): string {
  const [, prefix = "v", digits = String(tags.length)] = /^(.*?)(\d+)$/.exec(tags.at(-1) ?? "") ?? [];
  const numbered = (number: bigint) => prefix + String(number).padStart(digits.length, "0");
  let number = BigInt(digits) + 1n;
  while (tags.includes(numbered(number))) number += 1n;
  return numbered(number);
}

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What `drizzle-kit push` needs to know, or it drops every table that the app's schema does not have. */
export const TABLES_FILTER = 'tablesFilter: ["!outbox_*"],';

const NAMES = ["ts", "mts", "cts", "js", "mjs", "cjs", "json"].map((ending) => `drizzle.config.${ending}`);

/**
 * A line to add to the configuration of drizzle-kit, if there is one beside the Worker's or where init runs, and it does
 * not have it.
 */
export function drizzleNote(folder: string, configPath: string): string[] {
  const paths = new Set(
    [folder, dirname(configPath)].flatMap((place) => NAMES.map((name) => join(place, name))),
  );
  return [...paths].flatMap((path) => {
    const config = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    if (config === undefined || excludesOurs(config)) return [];
    const file = path.slice(folder.length + 1);
    if (/\btablesFilter\b/.test(config)) {
      const lest = "or `drizzle-kit push` drops the outbox's tables, and all that is in them";
      return `Add "!outbox_*" to the tablesFilter in ${file}, unless it lists your own tables alone, ${lest}.`;
    }
    const line = path.endsWith(".json")
      ? TABLES_FILTER.replace("tablesFilter", '"tablesFilter"')
      : TABLES_FILTER;
    return `Add this to ${file}, or \`drizzle-kit push\` drops the outbox's tables, and all that is in them:\n\n  ${line}`;
  });
}

/** As text, as it is a program. */
function excludesOurs(config: string): boolean {
  return /["'`]!outbox_\*["'`]/.test(config);
}

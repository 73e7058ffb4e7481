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
  const lacking = [...paths].filter((path) => existsSync(path) && !excludesOurs(readFileSync(path, "utf8")));
  return lacking.map((path) => {
    const line = path.endsWith(".json")
      ? TABLES_FILTER.replace("tablesFilter", '"tablesFilter"')
      : TABLES_FILTER;
    return `Add this to ${path.slice(folder.length + 1)}, or \`drizzle-kit push\` drops the outbox's tables, and all that is in them:\n\n  ${line}`;
  });
}

/** As text, as it is a program: the pattern, or a list of the app's own tables, which is for the app to judge. */
function excludesOurs(config: string): boolean {
  return /["'`]!outbox_\*["'`]/.test(config);
}

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Hint for `drizzle-kit push`, which otherwise drops every table that the app's schema lacks. */
export const TABLES_FILTER = 'tablesFilter: ["!outbox_*"],';

/** An app with several databases has several: `drizzle-kit push --config drizzle.prod.config.ts`. */
const NAME = /^drizzle([.-].+)?[.-]config([.-].+)?\.([mc]?[jt]s|json)$/;

/**
 * A line to add to drizzle-kit's configuration, if one stands beside the Worker's or where init runs, and lacks the
 * line.
 */
export function drizzleNote(folder: string, configPath: string): string[] {
  const paths = new Set([folder, dirname(configPath)].flatMap(configsIn));
  return [...paths].flatMap((path) => {
    const config = readFileSync(path, "utf8");
    if (says(config, /["'`]!outbox_\*["'`]/)) return [];
    const file = relative(folder, path);
    const lest = "or `drizzle-kit push` drops the outbox's tables, and all that is in them";
    if (says(config, /\btablesFilter\b/))
      return `Add "!outbox_*" to the tablesFilter in ${file}, unless it lists your own tables alone, ${lest}.`;
    const line = path.endsWith(".json")
      ? TABLES_FILTER.replace("tablesFilter", '"tablesFilter"')
      : TABLES_FILTER;
    return `Add this to ${file}, ${lest}:\n\n  ${line}`;
  });
}

function configsIn(place: string): string[] {
  const files = readdirSync(place, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return files
    .map(({ name }) => name)
    .filter((name) => NAME.test(name))
    .toSorted()
    .map((name) => join(place, name));
}

/** Read as text, because it is a program. Comments do not count. */
function says(config: string, pattern: RegExp): boolean {
  return config.split("\n").some((line) => !/^\s*(\/\/|\/?\*)/.test(line) && pattern.test(line));
}

import { join } from "node:path";
import tlds from "tlds" with { type: "json" };
import { projectRoot } from "../wrangler.ts";
import { writeIfNew } from "./bundle.ts";

const OUT = join(projectRoot, "src/channels/webhook/top-level-domains.gen.ts");

/**
 * Writes the delegated top-level domains as URLs have them, each without the beginning that it shares with the one before, which
 * a letter in its place tells: A for none, B for one character. Compressed, that is two thirds of a list.
 */
export function writeTopLevelDomains(): void {
  const names = tlds.map((name) => new URL(`https://a.${name}`).hostname.slice(2)).toSorted();
  const lines = [
    "// Made by src/cli/build-ui.ts.",
    "/** Top-level domains that are delegated: https://data.iana.org/TLD/tlds-alpha-by-domain.txt */",
    "/** Each begins with a letter for the number of characters that it has in common with the one before: A for none, B for one. */",
    `export const TOP_LEVEL_DOMAINS = ${JSON.stringify(names.map(shortened).join(""))};`,
    "",
  ];
  writeIfNew(OUT, lines.join("\n"));
}

function shortened(name: string, place: number, all: readonly string[]): string {
  const before = all[place - 1] ?? "";
  let common = 0;
  while (common < name.length && name[common] === before[common]) common++;
  return String.fromCharCode("A".charCodeAt(0) + common) + name.slice(common);
}

import { join } from "node:path";
import tlds from "tlds" with { type: "json" };
import { projectRoot } from "../wrangler.ts";
import { writeIfNew } from "./bundle.ts";

const OUT = join(projectRoot, "src/channels/webhook/top-level-domains.gen.ts");

/** Writes the delegated top-level domains as URLs have them: one text is half as large in a bundle as a list of texts. */
export function writeTopLevelDomains(): void {
  const names = tlds.map((name) => new URL(`https://a.${name}`).hostname.slice(2)).toSorted();
  const lines = [
    "// Made by src/cli/build-ui.ts.",
    "/** Top-level domains that are delegated: https://data.iana.org/TLD/tlds-alpha-by-domain.txt */",
    `export const TOP_LEVEL_DOMAINS = ${JSON.stringify(names.join(" "))};`,
    "",
  ];
  writeIfNew(OUT, lines.join("\n"));
}

import { join } from "node:path";
import tlds from "tlds" with { type: "json" };
import { hashOfName } from "../../channels/webhook/name-hash.ts";
import { projectRoot } from "../wrangler.ts";
import { writeIfNew } from "./bundle.ts";
import { NOT_PUBLIC_NAMES } from "./not-public-names.ts";

const OUT = join(projectRoot, "src/channels/webhook/host-names.gen.ts");

/** Writes the lists of names that targets are checked by, as hashes: compressed, that is half of the names. */
export function writeHostNames(): void {
  const domains = tlds.map((name) => new URL(`https://a.${name}`).hostname.slice(2));
  const lines = [
    "// Made by src/cli/build-ui.ts.",
    "/** Top-level domains that are delegated: https://data.iana.org/TLD/tlds-alpha-by-domain.txt */",
    `export const TOP_LEVEL_HASHES = "${stepsOf(domains)}";`,
    "/** The names of not-public-names.ts. */",
    `export const NOT_PUBLIC_HASHES = "${stepsOf(NOT_PUBLIC_NAMES)}";`,
    "",
  ];
  writeIfNew(OUT, lines.join("\n"));
}

/** Hashes of names in their order, each as the step from the one before, of three bytes, in base 64. */
function stepsOf(names: readonly string[]): string {
  const hashes = [...new Set(names.map(hashOfName))].toSorted((one, other) => one - other);
  const steps = hashes.map((hash, place) => hash - (hashes[place - 1] ?? 0));
  return Buffer.from(steps.flatMap((step) => [step >> 16, (step >> 8) & 255, step & 255])).toString("base64");
}

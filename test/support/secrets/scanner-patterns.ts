import { RE2JS } from "re2js";

/**
 * The patterns that docs/operate/security.md gives to scanners of secrets, by what they find. They are read by RE2, as most scanners
 * read them.
 * @param page the text of docs/operate/security.md
 */
export function scannerPatterns(page: string): Map<string, RE2JS> {
  const [, section = ""] = page.split("## Secrets that scanners find");
  const [table = ""] = section.split("\n## ");
  const rows = [...table.matchAll(/^\| ([^|]+?) \| `([^`]+)` \|/gm)];
  return new Map(rows.map(([, what = "", pattern = ""]) => [what, RE2JS.compile(pattern)]));
}

/** Whatever of a text a scanner would report. */
export function foundIn(text: string, patterns: ReadonlyMap<string, RE2JS>): Record<string, string> {
  const found = [...patterns].flatMap(([what, pattern]) => {
    const matcher = pattern.matcher(text);
    return matcher.find() ? [[what, matcher.group() ?? ""]] : [];
  });
  return Object.fromEntries(found);
}

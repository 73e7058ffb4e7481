import { relative } from "node:path";
import { structuredPatch } from "diff";
import type { Terminal } from "./terminal.ts";
import type { FileChange } from "./write-files.ts";

/** Number of lines shown of a new file. */
const SHOWN_LINES = 8;

const ANSI = { "+": 32, "-": 31, "@": 36, bold: 1 };

/** The changes as a unified diff. */
export function showChanges(
  folder: string,
  changes: readonly FileChange[],
  { colours }: Pick<Terminal, "colours">,
): string {
  const paint = (line: string) => {
    const isHeader = /^(---|\+\+\+) /.test(line);
    const code = isHeader ? ANSI.bold : ANSI[line[0] as keyof typeof ANSI];
    return colours && code !== undefined ? `\u001B[${code}m${line}\u001B[0m` : line;
  };
  return changes.map((change) => diffOf(folder, change).map(paint).join("\n")).join("\n\n");
}

function diffOf(folder: string, { path, before, after }: FileChange): string[] {
  const name = relative(folder, path);
  if (before === undefined) return ["--- /dev/null", `+++ ${name}`, ...firstLines(after)];
  const { hunks } = structuredPatch(name, name, unix(before), unix(after), "", "", { context: 3 });
  const shown = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
  return [`--- ${name}`, `+++ ${name}`, ...shown];
}

function firstLines(text: string): string[] {
  const lines = text.trimEnd().split("\n");
  const shown = lines.slice(0, SHOWN_LINES).map((line) => `+${line}`.trimEnd());
  const rest = lines.length - shown.length;
  return rest > 0 ? [...shown, `… ${rest} more lines`] : shown;
}

/** Removes carriage returns, which a terminal would obey. */
function unix(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

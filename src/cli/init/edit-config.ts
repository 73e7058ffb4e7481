import { basename } from "node:path";
import { CommandError } from "../program.ts";
import { type Addition, CannotEdit } from "./addition.ts";
import { inlineJson } from "./render-json.ts";
import { blockToml, lineToml } from "./render-toml.ts";
import { type TextFile, withText } from "./text-file.ts";
import { formatOf, formats } from "./worker-config.ts";
import type { FileChange } from "./write-files.ts";

/**
 * The configuration with all additions.
 * @throws {CommandError} when its layout allows no addition. The error tells what to add by hand
 */
export function editConfig(file: TextFile, additions: readonly Addition[]): FileChange | undefined {
  if (additions.length === 0) return undefined;
  const { add } = formats[formatOf(file.path)];
  let text = file.text;
  for (const addition of additions) {
    try {
      text = add(text, addition, file.eol);
    } catch (error) {
      if (!(error instanceof CannotEdit)) throw error;
      throw new CommandError(byHand(file.path, additions));
    }
  }
  return { path: file.path, before: withText(file, file.text), after: withText(file, text) };
}

function byHand(path: string, additions: readonly Addition[]): string {
  const show = formatOf(path) === "toml" ? showToml : showJson;
  return `${basename(path)} is written in a way that init cannot add to and be sure to change nothing else. Add this by hand, and run init again; nothing was written.\n\n${additions.map(show).join("\n\n")}`;
}

function showToml(addition: Addition): string {
  return blockToml(addition) ?? lineToml(addition.at.join("."), [addition.value]);
}

function showJson({ kind, at, value }: Addition): string {
  return `${at.join(".")}${kind === "append" ? ", one more" : ""}: ${inlineJson(value)}`;
}

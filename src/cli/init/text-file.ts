import { readFileSync } from "node:fs";
import { CommandError } from "../program.ts";

const BOM = "\uFEFF";

/** A file of text, as an editor sees it. */
export interface TextFile {
  path: string;
  /** Without the byte order mark. */
  text: string;
  bom: boolean;
  eol: "\n" | "\r\n";
}

/** @throws {CommandError} when it is not UTF-8, because its bytes could not be kept */
export function readTextFile(path: string): TextFile {
  const raw = decode(path, readFileSync(path));
  const bom = raw.startsWith(BOM);
  return { path, text: bom ? raw.slice(BOM.length) : raw, bom, eol: eolOf(raw) };
}

/** Bytes of the file with another text. */
export function withText({ bom }: TextFile, text: string): string {
  return (bom ? BOM : "") + text;
}

/** Most frequent line end of the file. */
function eolOf(text: string): TextFile["eol"] {
  const all = text.split("\n").length - 1;
  const windows = text.split("\r\n").length - 1;
  return windows * 2 > all ? "\r\n" : "\n";
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandError(`${path} is not UTF-8. Save it as UTF-8, and run init again.`);
  }
}

/// <reference types="node" />
import { readFileSync } from "node:fs";

/** Instructions of a page to its reader, or output that it shows. */
export type Step =
  /** To make a file, or to add to one. */
  | { kind: "write"; path: string; text: string; append: boolean }
  /** To replace texts of a file, each of which stands there once. */
  | { kind: "edit"; path: string; edits: { before: string; after: string }[] }
  /** To run; "terminal 2" ends what runs there, and then runs on beside everything else. */
  | { kind: "run"; where: "shell" | "account" | `terminal ${number}`; inCheckout: boolean; code: string }
  /** Expected answer, of the last command or in a terminal. */
  | { kind: "expect"; where: "shell" | `terminal ${number}`; as: "json" | "text"; text: string };

export interface Section {
  title: string;
  steps: Step[];
}

const BLOCK = /^##? (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm;
const FILE = /^(?:\/\/|#|--) ([\w./-]+\.\w+)(, at its end)?$/;

/**
 * The boxes of a page, in order, by section: a heading of the first or second level begins one.
 * @throws for one that it would not know how to carry out
 */
export function readPage(path: string): Section[] {
  const sections: Section[] = [];
  for (const [, title, language = "", text = ""] of readFileSync(path, "utf8").matchAll(BLOCK)) {
    if (title !== undefined) sections.push({ title, steps: [] });
    else sections.at(-1)?.steps.push(readBlock(language, text));
  }
  return sections;
}

function readBlock(language: string, text: string): Step {
  const [first = "", ...rest] = text.split("\n");
  const [, path, added] = FILE.exec(first) ?? [];
  if (language === "sh") return readCommands(first, text);
  if (language === "diff") return readEdits(first, rest.join("\n"));
  if (path !== undefined) return { kind: "write", path, text: rest.join("\n"), append: added !== undefined };
  if (language === "json") return { kind: "expect", where: "shell", as: "json", text };
  if (language === "text") {
    const terminal = terminalOf(first);
    const where = terminal ?? "shell";
    return { kind: "expect", where, as: "text", text: terminal ? rest.join("\n") : text };
  }
  throw new Error(`Nobody can carry this out:\n${text}`);
}

function terminalOf(line: string): `terminal ${number}` | undefined {
  const [, number] = /^# Terminal (\d)/.exec(line) ?? [];
  return number === undefined ? undefined : `terminal ${Number(number)}`;
}

function readCommands(first: string, code: string): Step {
  const where = first === "# With your Cloudflare account" ? "account" : (terminalOf(first) ?? "shell");
  return { kind: "run", where, inCheckout: /in the checkout/i.test(first), code };
}

function readEdits(first: string, text: string): Step {
  const path = first.replace(/^--- /, "");
  const edits = text.split(/^@@\n/m).map((hunk) => {
    const lines = hunk.split("\n").slice(0, -1);
    const without = (sign: string) =>
      lines.filter((line) => !line.startsWith(sign)).map((line) => `${line.slice(1)}\n`);
    return { before: without("+").join(""), after: without("-").join("") };
  });
  return { kind: "edit", path, edits };
}

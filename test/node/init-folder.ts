import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse as parseJsonc } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { expect } from "vitest";
import { init } from "../../src/cli/init/init.ts";
import { readInitOptions } from "../../src/cli/init/options.ts";
import { CommandError } from "../../src/cli/program.ts";

/** What a configuration has at least; and parts of one. */
export const SHOP = { name: "shop", main: "src/index.ts", compatibility_date: "2026-11-01" };
export const d1 = (...names: string[]) => ({ d1_databases: names.map((binding) => ({ binding })) });
export const relay = (more: object = {}) => ({
  durable_objects: { bindings: [{ name: "RELAY", class_name: "TenantRelay", ...more }] },
});

/** An app's folder on the disk. */
export class AppFolder {
  readonly root = mkdtempSync(join(tmpdir(), "edge-outbox-init-"));

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.root, name)), { recursive: true });
    writeFileSync(join(this.root, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.root, name), "utf8");
  }

  /** What each file holds. */
  files(): Record<string, string> {
    const all = readdirSync(this.root, { recursive: true, withFileTypes: true });
    return Object.fromEntries(
      all
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name).slice(this.root.length + 1))
        .toSorted()
        .map((name) => [name, this.read(name)]),
    );
  }

  /** The configuration, parsed. */
  config(name: string): Record<string, unknown> {
    const text = this.read(name).replace(/^\uFEFF/, "");
    // Without the prototypes, which the libraries make different.
    const parsed = name.endsWith(".toml")
      ? parseToml(text)
      : parseJsonc(text, [], { allowTrailingComma: true });
    return JSON.parse(JSON.stringify(parsed));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface Run {
  exitCode: number;
  /** What was printed, the error last. */
  output: string;
}

/** `edge-outbox init` in a folder; nobody can be asked, unless there is an answer. */
export async function runInit(
  app: AppFolder,
  flags: string,
  {
    answer,
    whileAsked,
    packageRoot,
    folder = "",
  }: { answer?: boolean; whileAsked?: () => void; packageRoot?: string; folder?: string } = {},
): Promise<Run> {
  const printed: string[] = [];
  const terminal = {
    print: (text: string) => void printed.push(text),
    colours: false,
    confirm:
      answer === undefined
        ? undefined
        : async (question: string) => {
            printed.push(question);
            whileAsked?.();
            return answer;
          },
  };
  try {
    const options = readInitOptions(flags.split(" ").filter(Boolean));
    const exitCode = await init(join(app.root, folder), options, terminal, packageRoot);
    return { exitCode, output: printed.join("\n") };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { exitCode: error.exitCode, output: [...printed, error.message].join("\n") };
  }
}

/** Whether nothing was taken away: the characters of one text are in the other, in this order. */
export function isWithin(text: string, longer: string): boolean {
  let at = 0;
  for (const char of longer) if (char === text[at]) at += 1;
  return at === text.length;
}

/** Nothing is written, and the words are said. */
export async function expectRefusal(
  app: AppFolder,
  flags: string,
  exitCode: number,
  ...words: string[]
): Promise<void> {
  const before = app.files();
  const run = await runInit(app, flags);
  expect(run.exitCode).toBe(exitCode);
  for (const word of words) expect(run.output).toContain(word);
  expect(app.files()).toEqual(before);
}

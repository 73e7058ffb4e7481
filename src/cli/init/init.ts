import { relative } from "node:path";
import { CommandError } from "../program.ts";
import { drizzleNote } from "./drizzle-note.ts";
import { editConfig } from "./edit-config.ts";
import { findConfig } from "./find-config.ts";
import { linesToPaste } from "./lines-to-paste.ts";
import { nextSteps } from "./next-steps.ts";
import type { InitOptions } from "./options.ts";
import { ownMigrations, ownPackage } from "./own-package.ts";
import { planMigrations } from "./plan-migrations.ts";
import { showChanges } from "./show-changes.ts";
import { inherited, type Target, targetOf } from "./target.ts";
import type { Terminal } from "./terminal.ts";
import { readTextFile } from "./text-file.ts";
import { findLackingEnvironments, findWanted, type Wanted } from "./wanted.ts";
import { formatOf, formats, readConfig } from "./worker-config.ts";
import { type FileChange, writeFiles } from "./write-files.ts";

/**
 * `edge-outbox init`: adds the outbox's parts to the Worker of a folder. Nothing is written before everything was
 * computed, checked and shown.
 * @param packageRoot whose `migrations` are written
 * @returns the exit code
 * @throws {CommandError} for faults that the user can mend
 */
export async function init(
  folder: string,
  options: InitOptions,
  terminal: Terminal,
  packageRoot = ownPackage().root,
): Promise<number> {
  const plan = tellingFailures(() => makePlan(folder, options, packageRoot));
  terminal.print(introduce(plan, options));
  if (plan.changes.length === 0) {
    terminal.print("\nNothing to add: all that the outbox needs is there.");
  } else {
    terminal.print(`\n${showChanges(folder, plan.changes, terminal)}\n`);
    if (!(await isConfirmed(options, terminal))) return 0;
    tellingFailures(() => writeFiles(plan.changes));
    terminal.print(`Written: ${plan.changes.map(({ path }) => relative(folder, path)).join(", ")}`);
  }
  terminal.print(finish(plan, options));
  return 0;
}

/** Turns a refusal of the disk into a sentence that names the file. */
function tellingFailures<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new CommandError(`${error.message}. Put it right, and run init again: it adds what is missing.`);
  }
}

interface Plan {
  target: Target;
  wanted: Wanted;
  changes: FileChange[];
  notes: string[];
  /** Additions by hand, to files that are programs. */
  lines: string[];
}

function makePlan(folder: string, options: InitOptions, packageRoot: string): Plan {
  const file = readTextFile(findConfig(folder, options.config));
  const name = relative(folder, file.path);
  const config = readConfig(name, file.text, formats[formatOf(file.path)]);
  const target = targetOf(name, config, options.env);
  const wanted = findWanted(target, options);
  if (wanted.conflicts.length > 0) throw new CommandError(tellConflicts(wanted.conflicts));
  const { missing, differing } = planMigrations(
    file.path,
    wanted.database,
    ownMigrations(packageRoot, options.mode),
  );
  const edited = editConfig(file, wanted.additions);
  return {
    target,
    wanted,
    changes: [
      ...(edited ? [edited] : []),
      ...missing.map(({ path, text }) => ({ path, before: undefined, after: text })),
    ],
    notes: [
      ...wanted.notes,
      ...differing.map(
        (path) => `${relative(folder, path)} is not as this version brings it, and stays as it is.`,
      ),
      ...environmentNotes(target, options),
    ],
    lines: drizzleNote(folder, file.path),
  };
}

function tellConflicts(conflicts: readonly string[]): string {
  return `${conflicts.map((conflict) => `- ${conflict}`).join("\n")}\n\nNothing was written. Put this right, and run init again.`;
}

function environmentNotes(target: Target, options: InitOptions): string[] {
  const lacking = findLackingEnvironments(target, options);
  if (lacking.length === 0) return [];
  const flags = options.mode === "embedded" ? "" : ` --${options.mode}`;
  const commands = lacking.map((env) => `npx edge-outbox init${flags} --env ${env}`).join("\n    ");
  return [
    `Environments inherit no bindings: ${lacking.join(", ")} must have them, too. When this is written:\n    ${commands}`,
  ];
}

function introduce({ target, wanted, notes }: Plan, { mode, script }: InitOptions): string {
  const { binding, isNew } = wanted.database;
  const subject = { embedded: "The outbox", sidecar: "Commits to the outbox", inbox: "The inbox" }[mode];
  const database = isNew ? `a new D1 database, ${binding}` : `your D1 database ${binding}`;
  const relayed = mode === "sidecar" ? `, relayed by the Worker ${script}` : "";
  const title = `${subject} for the Worker ${target.workerName} (${target.where}), in ${database}${relayed}.`;
  return [title, ...notes.map((note) => `! ${note}`)].join("\n");
}

async function isConfirmed({ yes }: InitOptions, { confirm, print }: Terminal): Promise<boolean> {
  if (yes) return true;
  if (!confirm) {
    print("Nothing was written: run it again with --yes.");
    return false;
  }
  const confirmed = await confirm("Write this? [y/N] ");
  if (!confirmed) print("Nothing was written.");
  return confirmed;
}

function finish({ target, wanted, lines }: Plan, options: InitOptions): string {
  const main = inherited(target, "main");
  return [
    "",
    `To paste into your Worker${main === undefined ? "" : `, ${main}`}:`,
    "",
    linesToPaste(target, options.mode, wanted.database).replaceAll(/^(?=.)/gm, "  "),
    "",
    ...lines.flatMap((line) => [line, ""]),
    nextSteps(target, options, wanted.database),
  ].join("\n");
}

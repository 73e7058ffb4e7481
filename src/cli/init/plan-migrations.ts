import { existsSync, readdirSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { CommandError } from "../program.ts";
import type { OwnMigration } from "./own-package.ts";
import { readTextFile } from "./text-file.ts";
import type { Database } from "./want-database.ts";

interface MigrationPlan {
  /** Migrations that the app lacks. */
  missing: { path: string; text: string }[];
  /** Migrations that the app has with another text, which stay unchanged. */
  differing: string[];
}

const MIN_DIGITS = 4;

/**
 * Plans the places of this package's migrations among the app's own.
 * @throws {CommandError} when wrangler's pattern for migrations is unknown to init
 */
export function planMigrations(
  config: string,
  database: Database,
  own: readonly OwnMigration[],
): MigrationPlan {
  const folder = resolve(dirname(config), database.migrationsDir);
  const fileName = fileNamesOf(database);
  // Names of the migrations that wrangler finds, without endings: `0001_orders`.
  const names = (existsSync(folder) ? readdirSync(folder) : []).flatMap((entry) =>
    nameIn(folder, entry, fileName),
  );
  const there = new Map(names.map((name) => [name.replace(/^\d+[_-]/, ""), name]));
  const firstNumber = nextNumber(names);
  const missing = own
    .filter(({ name }) => !there.has(name))
    .map(({ name, text }, index) => ({
      path: join(folder, fileName(`${firstNumber(index)}_${name}`)),
      text,
    }));
  const differing = own.flatMap(({ name, text }) => {
    const path = join(folder, fileName(there.get(name) ?? ""));
    return there.has(name) && !isSame(path, text) ? [path] : [];
  });
  return { missing, differing };
}

type FileName = (name: string) => string;

/** A migration is a file or, with some tools, a folder. */
function fileNamesOf({ binding, migrationsDir, migrationsPattern }: Database): FileName {
  const pattern =
    migrationsPattern && posix.relative(posix.normalize(migrationsDir), posix.normalize(migrationsPattern));
  if (pattern === undefined || pattern === "*.sql" || pattern === "**/*.sql") return (name) => `${name}.sql`;
  if (pattern === "*/migration.sql") return (name) => `${name}/migration.sql`;
  throw new CommandError(
    `The database ${binding} has migrations_pattern "${migrationsPattern}", which init does not know. Copy the files of node_modules/edge-outbox/migrations to a folder that the pattern matches.`,
  );
}

function nameIn(folder: string, entry: string, fileName: FileName): string[] {
  const name = entry.replace(/\.sql$/, "");
  const file = fileName(name);
  const isOne = file === entry || (file.startsWith(`${entry}/`) && existsSync(join(folder, file)));
  return isOne ? [name] : [];
}

/** Numbers go on after the app's highest, with as many digits. */
function nextNumber(names: readonly string[]): (index: number) => string {
  const numbers = names.flatMap((name) => /^\d+(?=[_-])/.exec(name) ?? []);
  const highest = numbers.toSorted((a, b) => Number(BigInt(b) - BigInt(a)))[0];
  const digits = highest?.length ?? MIN_DIGITS;
  return (index) => String(BigInt(highest ?? 0) + BigInt(index + 1)).padStart(digits, "0");
}

/** Compares regardless of line ends, which git can change. */
function isSame(path: string, text: string): boolean {
  return lines(readTextFile(path).text) === lines(text);
}

function lines(text: string): string {
  return text.replaceAll("\r\n", "\n").trimEnd();
}

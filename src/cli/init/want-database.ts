import { CommandError } from "../program.ts";
import { bindingsOf } from "./bindings-of.ts";
import type { Finding } from "./finding.ts";
import { type Target, targetOf } from "./target.ts";

/** The D1 database that the outbox and the app share. */
export interface Database {
  binding: string;
  /** Name for `wrangler d1 create`; undefined if the configuration has none. */
  name: string | undefined;
  /** Relative to the folder of the configuration. */
  migrationsDir: string;
  migrationsPattern: string | undefined;
  isNew: boolean;
  /** True if the configuration has the id of the database on Cloudflare. Otherwise wrangler goes by its name. */
  hasId: boolean;
}

const DEFAULT_BINDING = "DB";
/** wrangler's default folder of migrations. */
const DEFAULT_MIGRATIONS_DIR = "migrations";

/**
 * The requested database, or the one called DB, or the only one; else a new one.
 * @throws {CommandError} when the user must choose
 */
export function chooseDatabase(target: Target, asked: string | undefined): Database {
  const all = target.section.d1_databases ?? [];
  if (all.length === 0) return newDatabase(target, asked);
  const names = all.map(({ binding }) => binding).join(", ");
  const chosen =
    asked !== undefined
      ? all.find(({ binding, database_name }) => binding === asked || database_name === asked)
      : (all.find(({ binding }) => binding === DEFAULT_BINDING) ?? (all.length === 1 ? all[0] : undefined));
  if (!chosen) {
    throw new CommandError(
      asked === undefined
        ? `${target.where} has several D1 databases: ${names}. The outbox must be in the database of your own rows. Name it with --database.`
        : `${target.where} has no D1 database ${asked}: it has ${names}.`,
      2,
    );
  }
  return {
    binding: chosen.binding,
    name: chosen.database_name,
    migrationsDir: chosen.migrations_dir ?? DEFAULT_MIGRATIONS_DIR,
    migrationsPattern: chosen.migrations_pattern,
    isNew: false,
    hasId: chosen.database_id !== undefined,
  };
}

/** An environment runs this code too, so its database has the binding and the migrations of the top level's. */
function newDatabase(target: Target, asked: string | undefined): Database {
  const { file, config, env, workerName } = target;
  const model =
    env !== undefined && config.d1_databases?.length && config.name !== undefined
      ? chooseDatabase(targetOf(file, config, undefined), asked)
      : undefined;
  return {
    binding: model?.binding ?? asked ?? DEFAULT_BINDING,
    name: `${workerName}-db`,
    migrationsDir: model?.migrationsDir ?? DEFAULT_MIGRATIONS_DIR,
    migrationsPattern: model?.migrationsPattern,
    isNew: true,
    hasId: false,
  };
}

export function wantDatabase(target: Target, database: Database): Partial<Finding> {
  const { binding, name, migrationsDir, migrationsPattern, isNew } = database;
  if (!isNew) return {};
  const taken = bindingsOf(target.section).get(binding);
  if (taken !== undefined) {
    return {
      conflicts: [
        `${binding} in ${target.where} is taken (${taken}), and there is no D1 database. Choose another name for it: --database APP_DB.`,
      ],
    };
  }
  const pattern = migrationsPattern === undefined ? {} : { migrations_pattern: migrationsPattern };
  const value = { binding, database_name: name, migrations_dir: migrationsDir, ...pattern };
  return { additions: [{ kind: "append", at: [...target.path, "d1_databases"], value }] };
}

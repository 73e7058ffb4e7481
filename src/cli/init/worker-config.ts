import { parse as parseToml, TomlError } from "smol-toml";
import { z } from "zod";
import { CommandError } from "../program.ts";
import type { Addition } from "./addition.ts";
import { addToJson, parseJson } from "./edit-json.ts";
import { addToToml } from "./edit-toml.ts";

const text = z.string();

const database = z.looseObject({
  binding: text,
  database_name: text.optional(),
  database_id: text.optional(),
  migrations_dir: text.optional(),
  migrations_pattern: text.optional(),
});

const migration = z.looseObject({
  tag: text,
  new_classes: z.array(text).optional(),
  new_sqlite_classes: z.array(text).optional(),
  renamed_classes: z.array(z.looseObject({ from: text, to: text })).optional(),
  transferred_classes: z.array(z.looseObject({ to: text })).optional(),
  deleted_classes: z.array(text).optional(),
});

const consumer = z.looseObject({
  queue: text,
  type: text.optional(),
  max_batch_size: z.number().optional(),
});

const section = z.looseObject({
  name: text.optional(),
  main: text.optional(),
  compatibility_date: text.optional(),
  compatibility_flags: z.array(text).optional(),
  limits: z.looseObject({ cpu_ms: z.number().optional(), subrequests: z.number().optional() }).optional(),
  d1_databases: z.array(database).optional(),
  durable_objects: z
    .looseObject({
      bindings: z
        .array(z.looseObject({ name: text, class_name: text, script_name: text.optional() }))
        .optional(),
    })
    .optional(),
  migrations: z.array(migration).optional(),
  exports: z.record(text, z.looseObject({ type: text.optional(), state: text.optional() })).optional(),
  queues: z
    .looseObject({
      producers: z.array(z.looseObject({ binding: text, queue: text.optional() })).optional(),
      consumers: z.array(consumer).optional(),
    })
    .optional(),
  ratelimits: z
    .array(z.looseObject({ name: text, namespace_id: z.union([text, z.number()]).optional() }))
    .optional(),
  send_email: z.array(z.looseObject({ name: text })).optional(),
  triggers: z.looseObject({ crons: z.array(text).optional() }).optional(),
  vars: z.record(text, z.unknown()).optional(),
});

const workerConfig = section.extend({
  env: z.record(text, section).optional(),
  pages_build_output_dir: text.optional(),
});

/** The top level of a configuration, or one of its environments, as far as init looks at it. */
export type Section = z.infer<typeof section>;
export type WorkerConfig = z.infer<typeof workerConfig>;

/** Format of a configuration. */
interface Format {
  parse: (text: string) => unknown;
  add: (text: string, addition: Addition, eol: string) => string;
}

export const formats = {
  toml: { parse: parseToml, add: addToToml },
  json: { parse: parseJson, add: addToJson },
} satisfies Record<string, Format>;

export function formatOf(path: string): keyof typeof formats {
  return path.endsWith(".toml") ? "toml" : "json";
}

/**
 * @param name of the file, for the errors
 * @throws {CommandError} for a configuration that wrangler would refuse too
 */
export function readConfig(name: string, content: string, { parse }: Format): WorkerConfig {
  let raw: unknown;
  try {
    raw = parse(content);
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
    const line = error instanceof TomlError ? `line ${error.line}: ` : "";
    throw new CommandError(`${name} cannot be read: ${line}${reason}. Put it right, and run init again.`);
  }
  const read = workerConfig.safeParse(raw);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new CommandError(
    `${name} is not a valid configuration of wrangler: ${issue?.path.join(".") || "all of it"}: ${issue?.message}. Put it right, and run init again.`,
  );
}

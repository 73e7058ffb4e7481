import { CommandError } from "../program.ts";
import type { Section, WorkerConfig } from "./worker-config.ts";

/** The part of a configuration to write to: its top level, or an environment. */
export interface Target {
  /** The file, and the section if it is one, for sentences. */
  where: string;
  file: string;
  env: string | undefined;
  config: WorkerConfig;
  /** Bindings of the section itself, because environments inherit none. */
  section: Section;
  /** Path before each key. */
  path: readonly string[];
  workerName: string;
}

/** @throws {CommandError} when the environment is not there, or the Worker has no name */
export function targetOf(file: string, config: WorkerConfig, env: string | undefined): Target {
  const section = env === undefined ? config : config.env?.[env];
  if (!section) {
    const there = Object.keys(config.env ?? {});
    throw new CommandError(
      `${file} has no environment ${env}: ${there.length > 0 ? `it has ${there.join(", ")}` : "it has none"}.`,
    );
  }
  const name =
    section.name ?? (env === undefined || config.name === undefined ? config.name : `${config.name}-${env}`);
  if (name === undefined) {
    throw new CommandError(
      `${file} has no "name". Give your Worker one, because queues are named after it, and run init again.`,
    );
  }
  const where = env === undefined ? file : `${file}, env.${env}`;
  return { where, file, env, config, section, path: env === undefined ? [] : ["env", env], workerName: name };
}

/** The top level and all environments that have a name: all of them run this code. */
export function allTargets(file: string, config: WorkerConfig): Target[] {
  const envs = [undefined, ...Object.keys(config.env ?? {})];
  return envs
    .filter(
      (env) => config.name !== undefined || (env !== undefined && config.env?.[env]?.name !== undefined),
    )
    .map((env) => targetOf(file, config, env));
}

/** Value of an environment's key, or of the top level's, for keys that wrangler inherits. */
export function inherited<
  K extends
    | "main"
    | "compatibility_date"
    | "compatibility_flags"
    | "limits"
    | "migrations"
    | "exports"
    | "triggers",
>({ section, config }: Target, key: K): Section[K] {
  return section[key] ?? config[key];
}

/**
 * Section in which to write an inherited key: beside the effective value, because an environment's own key would hide
 * the top level's.
 */
export function pathOfInherited(
  { section, path }: Target,
  key: "compatibility_flags" | "limits" | "migrations" | "exports",
): readonly string[] {
  return section[key] === undefined ? [key] : [...path, key];
}

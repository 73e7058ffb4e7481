import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Contender, Prepared } from "../beside/contender.ts";
import type { Load } from "../beside/load.ts";
import type { Database, Setting } from "./peer.ts";
import type { Postgres } from "./postgres.ts";

/** Names of the packages, in bench/package.json. */
export const PEERS = ["pg-boss", "graphile-worker", "pg-transactional-outbox"] as const;

/** Orders that the process of a peer takes, one at a time. */
export type Order =
  | { do: "start" }
  | { do: "stop" }
  | ({ do: "prepare"; database: Database; setting: Setting } & Prepared);

/** Answers of that process: its possible settings once it is ready, then one answer to each order. */
export type Answer =
  | { kind: "ready"; ordered: readonly Setting[]; unordered: readonly Setting[] }
  | { kind: "done" }
  | { kind: "failed"; message: string };

/** A peer in its process. */
export class PeerContender implements Contender {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #database: Database;
  readonly #settings: { ordered: readonly Setting[]; unordered: readonly Setting[] };
  #setting: Setting = {};

  private constructor(name: string, child: ChildProcess, database: Database, settings: Answer) {
    if (settings.kind !== "ready") throw new Error(`${name} is not ready`);
    this.name = name;
    this.#child = child;
    this.#database = database;
    this.#settings = settings;
  }

  static async launch(name: string, postgres: Postgres): Promise<PeerContender> {
    const child = fork(join(import.meta.dirname, "peer-process.ts"), [name]);
    child.once("exit", (code) => {
      if (code) throw new Error(`The process of ${name} ended with ${code}`);
    });
    const [ready] = (await once(child, "message")) as [Answer];
    return new PeerContender(name, child, { ...postgres.server, database: name }, ready);
  }

  /** Settings for such a load, the likeliest first. */
  settingsFor({ keys }: Load): readonly Setting[] {
    return keys > 0 ? this.#settings.ordered : this.#settings.unordered;
  }

  /** Applies a setting to all later runs. */
  use(setting: Setting): void {
    this.#setting = setting;
  }

  get setting(): Setting {
    return this.#setting;
  }

  prepare(prepared: Prepared): Promise<void> {
    return this.#order({ do: "prepare", database: this.#database, setting: this.#setting, ...prepared });
  }

  start(): Promise<void> {
    return this.#order({ do: "start" });
  }

  stop(): Promise<void> {
    return this.#order({ do: "stop" });
  }

  end(): void {
    this.#child.disconnect();
  }

  async #order(order: Order): Promise<void> {
    const answered = once(this.#child, "message");
    this.#child.send(order);
    const [answer] = (await answered) as [Answer];
    if (answer.kind === "failed") throw new Error(`${this.name}: ${answer.message}`);
  }
}

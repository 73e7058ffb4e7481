import type { Load } from "./load.ts";

/** Load of one run, and its receiver. */
export interface Prepared {
  load: Load;
  run: number;
  receiverUrl: string;
}

/** A system that delivers committed messages. */
export interface Contender {
  name: string;
  /** Commits all messages of the run, and holds them back. */
  prepare(prepared: Prepared): Promise<void>;
  /** Releases the messages. */
  start(): Promise<void>;
  /** Ends the run, and leaves the machine idle. */
  stop(): Promise<void>;
}

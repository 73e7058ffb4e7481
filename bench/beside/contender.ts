import type { Load } from "./load.ts";

/** A load of one run, and where it goes. */
export interface Prepared {
  load: Load;
  run: number;
  receiverUrl: string;
}

/** Something that delivers committed messages. */
export interface Contender {
  name: string;
  /** Commits all messages of the run. None of them may be sent yet. */
  prepare(prepared: Prepared): Promise<void>;
  /** Lets the first one be sent. */
  start(): Promise<void>;
  /** Ends the run, and leaves the machine idle. */
  stop(): Promise<void>;
}

import type { Message } from "../beside/load.ts";

/** Numbers by which a peer is tuned. */
export type Setting = Readonly<Record<string, number>>;

/** A database of its own on the private cluster. */
export interface Database {
  /** Folder of the socket. */
  host: string;
  port: number;
  user: string;
  database: string;
}

/** A job as each peer stores it: its path at the receiver, and its body. */
export type Job = Pick<Message, "path" | "payload">;

export interface PeerRun {
  database: Database;
  messages: readonly Message[];
  ordered: boolean;
  setting: Setting;
  /** Posts a job to the receiver; rejects unless the answer is 2xx. */
  send: (job: Job) => Promise<void>;
}

/** A peer that has committed its messages, and waits. */
export interface Delivering {
  /** Resolves when its workers are at work. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Peer {
  /** Settings to choose from for each receiver, beginning with the best for instant answers. */
  ordered: readonly Setting[];
  unordered: readonly Setting[];
  /** Commits all messages to an empty database, and sends none. */
  prepare(run: PeerRun): Promise<Delivering>;
}

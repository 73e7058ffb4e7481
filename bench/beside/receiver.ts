import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A round of the receiver: messages of this run, by number. */
export interface Expected {
  run: number;
  messages: number;
  answerMs: number;
}

/** Report of a round, in milliseconds of `now()`. */
export interface Report {
  lastAt: number;
  /** Arrivals, by the number of the message. */
  at: number[];
  missing: number;
  /** Number of repeated arrivals. */
  repeated: number;
  /** Number of messages that came before an earlier one of their key was answered. */
  disordered: number;
}

export interface Receiver {
  url: string;
  /** Begins a round. The report comes with the last message, or after a long silence. */
  expect(expected: Expected): Promise<Report>;
  stop(): void;
}

/** Starts the HTTP server that every contender delivers to. */
export async function startReceiver(): Promise<Receiver> {
  const child = fork(join(import.meta.dirname, "receiver-process.ts"));
  child.once("exit", (code) => {
    if (code) throw new Error(`The receiver ended with ${code}`);
  });
  const [port] = (await once(child, "message")) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    async expect(expected) {
      const reported = once(child, "message");
      child.send(expected);
      const [report] = (await reported) as [Report];
      return report;
    },
    stop: () => child.disconnect(),
  };
}

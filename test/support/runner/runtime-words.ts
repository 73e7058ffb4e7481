/// <reference types="node" />
import { stripVTControlCharacters } from "node:util";

/** Words of workerd and vite about deliberate acts of tests. All else is shown. */
const EXPECTED = [
  // Receivers that drop the connection, and a port where nobody listens.
  /^exception = rust\/worker\/ffi\.rs:\d+: disconnected: (client error \(SendRequest\)|Connection refused|HTTP body: )/,
  /^uncaught exception; source = Uncaught \(in promise\); stack = Error: Network connection lost\.$/,
  /^uncaught exception; exception = [\w/.]+:\d+: disconnected: jsg\.Error: Network connection lost\./,
  // Calls that are never answered, when the file that made them has ended.
  /^uncaught exception; exception = [\w/.-]+:\d+: failed: jsg\.Error: Promise will never complete\./,
  // Files in R2 that are too large to be read.
  /^exception = workerd\/api\/streams\/[\w.+-]+:\d+: disconnected: (pump|reader) canceled/,
  // Tasks that were on the queue when their file ended, and whose rows the next one has deleted.
  /^\[mf:warn\] Dropped message "\w+" on queue "edge-outbox-\w+" after 4 failed attempts!$/,
  // Ids and keys that no client should send.
  /^A header value for "(webhook-id|idempotency-key)" contains non-ASCII characters: /,
  // These packages bring source maps, and no sources.
  /^Sourcemap for ".*\/node_modules\/(standardwebhooks\/dist\/index\.js|@eslint-community\/regexpp\/index\.mjs)" points to missing source files$/,
];

/** Takes these words out of the output of vitest's process, into which the runtime's goes. */
export default function setup(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = ((...args: Parameters<typeof write>) =>
      isExpected(String(args[0])) || write(...args)) as typeof write;
  }
}

const isExpected = (text: string) =>
  EXPECTED.some((words) => words.test(stripVTControlCharacters(text).trimEnd()));

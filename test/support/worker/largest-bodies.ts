/**
 * Takes each of the largest bodies as the API does, in a process whose heap is as small as its flags say: it ends by itself when
 * that is not enough. Prints the names of those it took.
 */
import { attacksOn } from "../../../bench/attacks.ts";
import { storePayload } from "../../../src/db/payload.ts";
import { misfitsOf } from "../../../src/outbox/check-payloads.ts";
import { draftMessages, type MessageInput } from "../../../src/outbox/message.ts";
import { systemClock, systemRandom } from "../../../src/platform/clock.ts";
import { OutboxError } from "../../../src/platform/errors.ts";
import { parseExact } from "../../../src/platform/exact-json.ts";
import { limits } from "../../../src/platform/limits.ts";
import { scanJson } from "../../../src/platform/scan-json.ts";
import { newTypes } from "../known-types.ts";

interface Commit {
  messages: MessageInput[];
}

for (const { name, prepare = [], request } of attacksOn("https://receiver.example")) {
  const { path, body = "" } = request(0);
  if (path !== "messages/batch") continue;
  await take(new TextEncoder().encode(body), prepare[0]?.body ?? "{}");
  console.log(name);
}

/** As `readJson` and `commit` do, up to what is bound to statements. */
async function take(bytes: Uint8Array, eventType: string): Promise<void> {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  const scan = scanJson(text);
  if (scan.values > (scan.hasExactNumbers ? limits.jsonExactValues : limits.jsonValues)) return;
  const { messages } = parseExact(text, scan) as Commit;
  try {
    const drafts = draftMessages(messages, 0, systemRandom);
    const { name = "", schema } = JSON.parse(eventType) as { name?: string; schema?: unknown };
    const rows = schema === undefined ? [] : [{ name, schema: JSON.stringify(schema) }];
    const types = await newTypes().learn("acme", [name], { version: 1, schemas: rows });
    await misfitsOf(types, drafts, { clock: systemClock });
    drafts.map(({ payload }) => storePayload(payload));
  } catch (error) {
    if (!(error instanceof OutboxError)) throw error;
  }
}

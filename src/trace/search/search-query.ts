import * as z from "zod";
import { isMessageId } from "../../domain/message-id.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { wellFormed } from "../../platform/fields.ts";

export const searchFilter = z.strictObject({
  q: wellFormed(z.string().min(1).max(deploymentLimits.searchLength)),
  tenant: wellFormed(z.string().min(1).max(64)).optional(),
});

/** Things that a text in the search box can mean. */
export type Sought =
  | { by: "messageId" | "endpointId" | "tokenId"; id: string }
  | { by: "word"; word: string; keysOnly: boolean }
  | { by: "text"; text: string };

/** Reads a text of the search box. The form of an id decides; anything else is a word. */
export function readSought(q: string): Sought {
  const [, prefix, rest = ""] = /^(key|text):(.+)$/s.exec(q) ?? [];
  if (prefix === "text") return { by: "text", text: rest };
  if (prefix === "key") return { by: "word", word: rest, keysOnly: true };
  if (isMessageId(q)) return { by: "messageId", id: q };
  if (/^ep_\w+/.test(q)) return { by: "endpointId", id: q };
  if (/^tok_\w+/.test(q)) return { by: "tokenId", id: q };
  return { by: "word", word: q, keysOnly: false };
}

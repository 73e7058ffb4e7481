import * as z from "zod";
import { limits } from "../platform/limits.ts";

/** Kind of e-mails that a recipient can unsubscribe from. */
export const topicName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
  error: "must be 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or a digit",
});

/** Sources of an unsubscription: the recipient, by the link; or a person or the app, by the API. */
export const UNSUBSCRIBE_SOURCES = ["link", "by_request"] as const;
export type UnsubscribeSource = (typeof UNSUBSCRIBE_SOURCES)[number];

/** Stands in an e-mail's text and HTML for its unsubscribe link. */
export const UNSUBSCRIBE_MARK = "{{unsubscribe}}";

/** Headers by which mail programs offer to unsubscribe (RFC 8058). */
export const unsubscribeHeaders = (link: string) => ({
  "List-Unsubscribe": `<${link}>`,
  "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
});

interface Content {
  topic?: string | undefined;
  to: readonly string[];
  cc?: unknown;
  bcc?: unknown;
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Refuses what does not go with a topic: the unsubscribe link is that of one person. */
export function refuseBesideTopic(
  { topic, to, cc, bcc, headers = {} }: Content,
  refuse: (path: string[], message: string) => void,
): void {
  if (topic === undefined) return;
  if (to.length > 1)
    refuse(
      ["to"],
      "must be one recipient beside topic, whose unsubscribe link is theirs; commit one for each",
    );
  for (const [name, copies] of Object.entries({ cc, bcc })) {
    if (copies !== undefined)
      refuse([name], "must be left out beside topic: the unsubscribe link is that of one recipient");
  }
  const names = Object.keys(headers);
  for (const name of names) {
    if (/^list-unsubscribe(-post)?$/i.test(name))
      refuse(["headers", name], "is made of topic; leave one of the two out");
  }
  const most = limits.emailHeaders - 2;
  if (names.length > most) refuse(["headers"], `must have at most ${most} headers beside topic`);
}

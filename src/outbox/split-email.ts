import type { EmailContent } from "../domain/email-content.ts";
import { plainAddress } from "../domain/email-status.ts";
import { joinPath } from "../platform/check.ts";
import { invalid } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { Draft } from "./draft.ts";

/** Capacity of a commit beside one message for each of its inputs. */
export interface Room {
  messages: number;
  /** Characters of payloads. */
  length: number;
}

export const roomBeside = (inputs: number): Room => ({
  messages: limits.messagesPerCommit - inputs,
  length: limits.batchBodyBytes,
});

/**
 * Parts of the drafts that come of an e-mail: one for each recipient, named once, or one for all together. An e-mail to one is
 * stored as it is.
 * @param room is taken by all of them but the first
 * @throws {OutboxError} `invalid_input` for what several e-mails would repeat, and for more than a commit takes
 */
export function splitEmail(
  { payload, payloadPath, endpointIds }: Omit<Draft, "nonce">,
  { to, cc, bcc, together }: EmailContent,
  room: Room,
): Pick<Draft, "payload" | "to">[] {
  if (!to[1] && together === undefined) return [{ payload }];
  const lists = together ? [to] : [...Map.groupBy(to, plainAddress).values()].map((same) => same.slice(0, 1));
  const more = lists.length - 1;
  room.messages -= more;
  room.length -= more * payload.length;
  const refusal =
    more && (cc || bcc || endpointIds?.[1])
      ? "must be one recipient beside cc, bcc and other endpoints, or all of them together: true"
      : Math.min(room.messages, room.length) < 0 &&
        `makes more than ${limits.messagesPerCommit} messages of a commit, or ${limits.batchBodyBytes} characters; name fewer, or files by r2`;
  if (refusal) throw invalid(joinPath(payloadPath, ["to"]), refusal);
  return lists.map((list) => ({
    payload: JSON.stringify({ ...JSON.parse(payload), to: list, together: list[1] && true }),
    to: more ? list[0] : undefined,
  }));
}

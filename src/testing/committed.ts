import type { Attempt, Delivery, Message } from "../client/client.ts";

/** An attempt of a delivery, with its message. */
export interface MadeAttempt extends Attempt {
  messageId: string;
  eventType: string;
  payload: Message["payload"];
  endpointId: string;
  channel: Delivery["channel"];
}

/** Attempts, in the order in which they were made. */
export interface MadeAttempts {
  /**
   * Successful attempts: the webhook or e-mail was accepted, or the handler succeeded and its effects are committed.
   */
  sent: MadeAttempt[];
  /** Attempts that failed: their `outcome` is `retry` or `dead`. */
  failed: MadeAttempt[];
}

/** Reads messages of a tenant: in code, or over HTTP. */
interface MessageReader {
  /** A page of the list, newest first. */
  list(cursor: string | undefined): Promise<{ data: { id: string }[]; nextCursor: string | null }>;
  get(messageId: string): Promise<Message>;
}

/** All messages of a tenant, in commit order. Empty for a missing tenant. */
export async function readCommitted(reader: MessageReader): Promise<Message[]> {
  const ids: string[] = [];
  let cursor: string | null | undefined;
  try {
    do {
      const page = await reader.list(cursor ?? undefined);
      ids.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
  } catch (error) {
    if ((error as { code?: unknown }).code === "tenant_not_found") return [];
    throw error;
  }
  return Promise.all(ids.reverse().map((id) => reader.get(id)));
}

/** The attempts of messages, without those in `before`. */
export function attemptsOf(messages: readonly Message[], before: readonly Message[] = []): MadeAttempts {
  const known = new Set(flatten(before).map(nameOf));
  const made = flatten(messages)
    .filter((attempt) => !known.has(nameOf(attempt)))
    .toSorted((one, other) => one.startedAt.localeCompare(other.startedAt));
  return {
    sent: made.filter(({ outcome }) => outcome === "delivered"),
    failed: made.filter(({ outcome }) => outcome !== "delivered"),
  };
}

function flatten(messages: readonly Message[]): MadeAttempt[] {
  return messages.flatMap(({ id: messageId, eventType, payload, deliveries }) =>
    deliveries.flatMap(({ endpointId, channel, attempts }) =>
      attempts.map((attempt) => ({ messageId, eventType, payload, endpointId, channel, ...attempt })),
    ),
  );
}

const nameOf = ({ messageId, endpointId, number }: MadeAttempt) => `${messageId} ${endpointId} ${number}`;

import { shortened, visible } from "./format.ts";

/** A message in a table: its event type, and its id below. */
export function MessageCell({ eventType, messageId }: { eventType: string; messageId: string }) {
  return (
    <span class="two">
      <span>{visible(eventType)}</span>
      <code class="small" title={messageId}>
        {shortened(messageId)}
      </code>
    </span>
  );
}

/** Exports of both testing entries. */

export type { MadeAttempt, MadeAttempts } from "./committed.ts";
export { EmailBox } from "./email-box.ts";
export type { EndpointReceiver, NewReceiver } from "./endpoint-receiver.ts";
export {
  type FetchHandler,
  type ReceivedWebhook,
  Receiver,
  type ReceiverAnswer,
  type ReceiverOptions,
  type RefusedWebhook,
} from "./receiver.ts";
export type { TestEmail, TestMailbox } from "./test-mailbox.ts";

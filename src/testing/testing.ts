/** What an app's tests use that run in workerd, with the app. No Worker imports it that is deployed. */

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
export { type Delivered, type OutboxUnderTest, type TestOutbox, testOutbox } from "./test-outbox.ts";

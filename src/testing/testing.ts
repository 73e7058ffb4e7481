/** The testing entry for workerd: a test runs in the isolate of the app. Deployed Workers do not import it. */

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

/** The testing entry: what an app's developer uses to test an app that has an outbox. No Worker imports it that is deployed. */

export { permanent, type Reply, temporary } from "../channels/channel.ts";
export type { Envelope } from "../channels/email/email.ts";
export type { MadeAttempt, MadeAttempts } from "./committed.ts";
export { EmailBox } from "./email-box.ts";
export type { EndpointReceiver, NewReceiver } from "./endpoint-receiver.ts";
export { type Listening, listen } from "./listen.ts";
export {
  type FetchHandler,
  type ReceivedWebhook,
  Receiver,
  type ReceiverAnswer,
  type ReceiverOptions,
  type RefusedWebhook,
} from "./receiver.ts";
export { type Delivered, type OutboxUnderTest, type TestOutbox, testOutbox } from "./test-outbox.ts";
export { type TestServer, testServer } from "./test-server.ts";

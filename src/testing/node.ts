/** The testing entry for Node: a test talks to a Worker that runs in another process. */

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
export { type TestServer, testServer } from "./test-server.ts";

/** The library: what an app imports to have the outbox inside its own Worker. */

export { permanent, type Reply, temporary } from "./channels/channel.ts";
export { bindingProvider as emailBinding, type EmailBinding } from "./channels/email/binding.ts";
export type { EmailProvider, Envelope } from "./channels/email/email.ts";
export { giveUp, retryAt, retryIn } from "./channels/handler/answer.ts";
export type { HandledMessage, HandlerCall } from "./channels/handler/handler.ts";
export {
  createOutbox,
  type EndpointAnswer,
  type Outbox,
  type OutboxEnv,
  type OutboxOptions,
} from "./create-outbox.ts";
export { resend } from "./email-providers.ts";
export type {
  CommitRequestOf,
  HandledEvent,
  Handler,
  HandlerAnswer,
  HandlersOf,
  MessageOf,
  Names,
  Subscriber,
} from "./names.ts";
export type { Committed, CommittedMessage, Write } from "./outbox/commit.ts";
export type { Effects } from "./outbox/effects.ts";
export {
  type EmailMessage,
  type EventMessage,
  email,
  event,
  type MessageInput,
  type WorkMessage,
  work,
} from "./outbox/message.ts";
export { ConfigError, OutboxError } from "./platform/errors.ts";
export type { DeliveryTask } from "./relay/delivery-task.ts";

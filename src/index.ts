/** The library: an app imports it to embed the outbox in its own Worker. */

export { permanent, type Reply, temporary } from "./channels/channel.ts";
export type { EmailProvider, Envelope } from "./channels/email/provider.ts";
export { bindingProvider as emailBinding, type EmailBinding } from "./channels/email/providers/binding.ts";
export { giveUp, retryAt, retryIn } from "./channels/handler/answer.ts";
export type { HandledMessage, HandlerCall } from "./channels/handler/handler.ts";
export {
  type ChannelCall,
  type ChannelProvider,
  channel,
  type OwnChannel,
} from "./channels/handler/own-channel.ts";
export { type Chats, chats } from "./channels/webhook/chats.ts";
export { createOutbox, type Outbox, type OutboxFactory, type OutboxOptions } from "./create-outbox.ts";
export type { Quota } from "./domain/quota.ts";
export { inBatches } from "./email-batches.ts";
export { mailgun, postmark, resend, sendgrid, ses } from "./email-providers.ts";
export type { Retried } from "./interventions/retry.ts";
export type { Skipped } from "./interventions/skip.ts";
export type * from "./library/answers.ts";
export type { AuditOperations, AuditQuery } from "./library/audit.ts";
export type { Committed, CommittedMessage } from "./library/commit.ts";
export type {
  BlockedKeyOperations,
  DeadLetterGroupQuery,
  DeadLetterOperations,
  DeadLetterQuery,
  DeadLetterSelection,
  DeliveryOperations,
  DeliveryQuery,
  KeyQuery,
} from "./library/deliveries.ts";
export type {
  EndpointChange,
  EndpointOperations,
  EndpointQuery,
  EndpointReplay,
  EndpointSkip,
  IfVersion,
  NewEndpoint,
  Rotation,
} from "./library/endpoints.ts";
export type {
  EventTypeChange,
  EventTypeOperations,
  EventTypeQuery,
  NewEventType,
} from "./library/event-types.ts";
export type { FailureGroupQuery, FailureOperations, FailureQuery } from "./library/failures.ts";
export type { Instant, PageQuery, SpanQuery } from "./library/input.ts";
export type { EmailOperations, EmailQuery, MessageOperations, MessageQuery } from "./library/messages.ts";
export type { Operations } from "./library/operations.ts";
export type { NewPortalLink, PortalLinkOperations, PortalTheme } from "./library/portal-links.ts";
export type { NewSuppression, SuppressionOperations, SuppressionQuery } from "./library/suppressions.ts";
export type { NewTenant, TenantChange, TenantOperations, TenantQuery } from "./library/tenants.ts";
export type { NewToken, TokenOperations } from "./library/tokens.ts";
export type { NewUnsubscribe, UnsubscribeOperations, UnsubscribeQuery } from "./library/unsubscribes.ts";
export { emailProviders } from "./named-email-providers.ts";
export type {
  ChannelsOf,
  CommitRequestOf,
  HandledEvent,
  Handler,
  HandlerAnswer,
  HandlersOf,
  MessageOf,
  Names,
  Subscriber,
} from "./names.ts";
export type { Write } from "./outbox/commit.ts";
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
export type { OutboxEnv } from "./outbox-env.ts";
export type { EmailProviders } from "./platform/email-provider-setting.ts";
export { ConfigError, OutboxError } from "./platform/errors.ts";
export type { Logger, LogLevel, LogLine } from "./platform/log-lines.ts";
export type { DeliveryTask } from "./relay/delivery-task.ts";
export type { DeliveryName } from "./trace/delivery.ts";

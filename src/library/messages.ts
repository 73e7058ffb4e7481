import { emailsPage } from "../answers/deliveries.ts";
import { messagesPage, presentTrace } from "../answers/messages.ts";
import type { EmailStatus } from "../domain/email-status.ts";
import type { DeliveryState } from "../domain/states.ts";
import { cancelWhole } from "../interventions/cancel.ts";
import { emailFilter, messageFilter } from "../trace/filters.ts";
import { readMessage } from "../trace/messages.ts";
import type { EmailAnswer, ListedMessageAnswer, MessageAnswer, Page } from "./answers.ts";
import { type PageQuery, queryOf, read, type SpanQuery } from "./input.ts";
import type { Ask } from "./tools.ts";

/** Filter of a list of messages. */
export interface MessageQuery extends PageQuery, SpanQuery {
  eventType?: string;
  orderingKey?: string;
  /** Only messages with a delivery to this endpoint. */
  endpointId?: string;
  /** True: only messages that went to no endpoint. Defaults to false. */
  unmatched?: boolean;
}

/** Operations on the messages of a tenant. To commit one: `commit`. */
export interface MessageOperations {
  /** @throws {OutboxError} `message_not_found` */
  get(tenantId: string, messageId: string): Promise<MessageAnswer>;
  /**
   * Lists messages, newest first.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: MessageQuery): Promise<Page<ListedMessageAnswer>>;
  /**
   * Cancels the unsettled deliveries of a message. A delivery on its way may still arrive.
   * @throws {OutboxError} `message_not_found`
   */
  cancel(tenantId: string, messageId: string): Promise<{ cancelled: number }>;
}

const query = queryOf(messageFilter);

export function messageOperations(ask: Ask): MessageOperations {
  return {
    async get(tenantId, messageId) {
      const { db, clock, retrySchedule } = ask({ tenantId, messageId });
      return presentTrace(await readMessage(db, tenantId, messageId, clock.now()), retrySchedule);
    },
    list: async (tenantId, given) => messagesPage(ask({ tenantId }).db, tenantId, read(query, given)),
    async cancel(tenantId, messageId) {
      const tools = ask({ tenantId, messageId }, "cancelMessage");
      return { cancelled: await tools.seeThrough(cancelWhole(tools, tenantId, messageId)) };
    },
  };
}

/** Filter of a list of direct e-mails. */
export interface EmailQuery extends PageQuery, SpanQuery {
  state?: DeliveryState;
  /** Only e-mails to this address: in `to`, or with an event of it. */
  to?: string;
  /** Only e-mails with a recipient of this status; with `to`, only if it is that one's. */
  status?: EmailStatus;
}

/** Operations on the direct e-mails of a tenant. To send one: `commit` with `email()`. */
export interface EmailOperations {
  /**
   * Lists direct e-mails, newest first.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: EmailQuery): Promise<Page<EmailAnswer>>;
}

const emailQuery = queryOf(emailFilter);

export function emailOperations(ask: Ask): EmailOperations {
  return {
    list: async (tenantId, given) => emailsPage(ask({ tenantId }), tenantId, read(emailQuery, given)),
  };
}

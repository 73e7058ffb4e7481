import * as z from "zod";
import {
  attemptsPage,
  blockedDeliveriesPage,
  blockedKeysPage,
  deadLettersPage,
  deliveriesPage,
  presentDeadLetterGroups,
  presentDeliveryDetail,
} from "../answers/deliveries.ts";
import { presentDismissed, presentReplayed } from "../answers/interventions.ts";
import type { ChannelName, DeliveryState } from "../domain/states.ts";
import { cancelOne } from "../interventions/cancel.ts";
import { dismissDeadLetters, dismissOne } from "../interventions/dismiss.ts";
import { replayDeadLetters, replayOne } from "../interventions/replay.ts";
import { retryOne } from "../interventions/retry.ts";
import { deadLetterInput } from "../interventions/settled.ts";
import { skipOne } from "../interventions/skip.ts";
import { groupDeadLetters } from "../trace/dead-letter-groups.ts";
import { type DeliveryName, readDelivery } from "../trace/delivery.ts";
import { blockedKeyFilter, deadLetterFilter, deliveryFilter, keyFilter } from "../trace/filters.ts";
import type {
  AttemptAnswer,
  BlockedKeyAnswer,
  DeadLetterAnswer,
  DeadLetterGroupsAnswer,
  DeliveryAnswer,
  Dismissed,
  ListedDeliveryAnswer,
  Page,
  Replayed,
} from "./answers.ts";
import {
  type Instant,
  type PageQuery,
  pageQuery,
  queryOf,
  read,
  type SpanQuery,
  withoutNulls,
} from "./input.ts";
import type { Ask, LibraryTools } from "./tools.ts";

/** Filter of the groups of dead letters. */
export interface DeadLetterGroupQuery extends SpanQuery {
  endpointId?: string;
  eventType?: string;
  channel?: ChannelName;
  reason?: string;
  error?: string;
  httpStatus?: number;
}

/** Filter of a list of dead letters. */
export interface DeadLetterQuery extends PageQuery, DeadLetterGroupQuery {}

/** An ordering key of an endpoint. */
export interface KeyQuery extends PageQuery {
  endpointId: string;
  orderingKey: string;
}

/** Filter of a list of deliveries. */
export interface DeliveryQuery extends DeadLetterQuery {
  state?: DeliveryState;
}

/** Selection of dead letters: those that fit every field. Defaults to all of them. */
export interface DeadLetterSelection extends SpanQuery {
  /** Only these deliveries. A delivery that is not a dead letter is passed over, and not counted. */
  deliveries?: DeliveryName[];
  endpointId?: string;
  channel?: ChannelName;
  eventTypes?: string[];
  /** Result, as a group of dead letters has it. Undefined: any; null: none. */
  result?: { reason?: string; error?: string | null; httpStatus?: number | null };
  /** Only those that died by this instant: the `asOf` of an earlier answer. Defaults to now; `deliveries` have no default. */
  asOf?: Instant;
  /** True: counts, and changes nothing. Defaults to false. */
  dryRun?: boolean;
}

/** Operations on deliveries. Every one on a single delivery throws `message_not_found` and `delivery_not_found`. */
export interface DeliveryOperations {
  get(tenantId: string, delivery: DeliveryName): Promise<DeliveryAnswer>;
  /**
   * Lists deliveries, newest first.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: DeliveryQuery): Promise<Page<ListedDeliveryAnswer>>;
  /**
   * Lists the attempts of a delivery, newest first.
   * @throws {OutboxError} `invalid_input`
   */
  attempts(tenantId: string, delivery: DeliveryName, query?: PageQuery): Promise<Page<AttemptAnswer>>;
  /**
   * Cancels a delivery. If it is on its way, it may still arrive.
   * @throws {OutboxError} `delivery_settled`
   */
  cancel(tenantId: string, delivery: DeliveryName): Promise<void>;
  /**
   * Tries a settled delivery again. The numbers of its attempts go on.
   * @throws {OutboxError} `delivery_not_settled`, `content_wiped`, `endpoint_not_found`
   */
  replay(tenantId: string, delivery: DeliveryName): Promise<void>;
  /**
   * Makes the next attempt of a delivery now.
   * @throws {OutboxError} `delivery_settled`, `delivery_not_waiting`
   */
  retry(tenantId: string, delivery: DeliveryName): Promise<void>;
  /**
   * Lets the ordering key go on that a dead delivery blocks.
   * @throws {OutboxError} `delivery_not_blocking`
   */
  skip(tenantId: string, delivery: DeliveryName): Promise<void>;
  /**
   * Puts a dead letter away: cancelled, with the reason `dismissed`.
   * @throws {OutboxError} `delivery_not_dead`
   */
  dismiss(tenantId: string, delivery: DeliveryName): Promise<void>;
}

/** Operations on the dead letters of a tenant. */
export interface DeadLetterOperations {
  /**
   * Lists dead letters, newest first.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: DeadLetterQuery): Promise<Page<DeadLetterAnswer>>;
  /**
   * Groups the dead letters that died alike, the largest group first, at most 100.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  groups(tenantId: string, query?: DeadLetterGroupQuery): Promise<DeadLetterGroupsAnswer>;
  /**
   * Tries dead letters again, at most 10,000. While some are `left`, call again with the `asOf` of the answer.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  replay(tenantId: string, which?: DeadLetterSelection): Promise<Replayed>;
  /**
   * Puts dead letters away, at most 10,000. While some are `left`, call again with the `asOf` of the answer.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  dismiss(tenantId: string, which?: DeadLetterSelection): Promise<Dismissed>;
}

/** Operations on ordering keys that a dead delivery blocks. To let one go on: `deliveries.skip`, `endpoints.skip`. */
export interface BlockedKeyOperations {
  /**
   * Lists blocked keys, those with the oldest heads first.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: PageQuery & { endpointId?: string }): Promise<Page<BlockedKeyAnswer>>;
  /**
   * Lists the deliveries of an ordering key in the order in which they go: the dead head, and those behind it.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  deliveries(tenantId: string, key: KeyQuery): Promise<Page<ListedDeliveryAnswer>>;
}

type Intervention = (
  tools: LibraryTools,
  tenantId: string,
  messageId: string,
  endpointId: string,
) => Promise<unknown>;

/** An entry of a list names its delivery, too. */
const deliveryName = z.object({ messageId: z.string(), endpointId: z.string() });
const deliveryQuery = queryOf(deliveryFilter);

export function deliveryOperations(ask: Ask): DeliveryOperations {
  const by =
    (operation: string, act: Intervention) =>
    async (tenantId: string, delivery: DeliveryName): Promise<void> => {
      const { messageId, endpointId } = read(deliveryName, delivery);
      const tools = ask({ tenantId, messageId, endpointId }, operation);
      await tools.seeThrough(act(tools, tenantId, messageId, endpointId));
    };
  return {
    async get(tenantId, delivery) {
      const one = read(deliveryName, delivery);
      const { db, clock, retrySchedule } = ask({ tenantId });
      return presentDeliveryDetail(await readDelivery(db, tenantId, one, clock.now()), retrySchedule);
    },
    list: async (tenantId, query) => deliveriesPage(ask({ tenantId }), tenantId, read(deliveryQuery, query)),
    attempts: async (tenantId, delivery, query) =>
      attemptsPage(ask({ tenantId }).db, tenantId, read(deliveryName, delivery), read(pageQuery, query)),
    cancel: by("cancelDelivery", cancelOne),
    replay: by("replayDelivery", replayOne),
    retry: by("retryDelivery", retryOne),
    skip: by("skipDelivery", skipOne),
    dismiss: by("dismissDelivery", dismissOne),
  };
}

const deadLetterQuery = queryOf(deadLetterFilter);
/** Groups have no pages. */
const groupQuery = z.preprocess(withoutNulls, deadLetterFilter);

export function deadLetterOperations(ask: Ask): DeadLetterOperations {
  return {
    list: async (tenantId, query) =>
      deadLettersPage(ask({ tenantId }).db, tenantId, read(deadLetterQuery, query)),
    groups: async (tenantId, query) =>
      presentDeadLetterGroups(
        await groupDeadLetters(ask({ tenantId }).db, tenantId, read(groupQuery, query)),
      ),
    async replay(tenantId, which) {
      const tools = ask({ tenantId }, "replayDeadLetters");
      const replayed = replayDeadLetters(tools, tenantId, read(deadLetterInput, which));
      return presentReplayed(await tools.seeThrough(replayed));
    },
    async dismiss(tenantId, which) {
      const tools = ask({ tenantId }, "dismissDeadLetters");
      const dismissed = dismissDeadLetters(tools, tenantId, read(deadLetterInput, which));
      return presentDismissed(await tools.seeThrough(dismissed));
    },
  };
}

const blockedKeyQuery = queryOf(blockedKeyFilter);
const keyQuery = queryOf(keyFilter);

export function blockedKeyOperations(ask: Ask): BlockedKeyOperations {
  return {
    list: async (tenantId, query) =>
      blockedKeysPage(ask({ tenantId }).db, tenantId, read(blockedKeyQuery, query)),
    deliveries: async (tenantId, key) =>
      blockedDeliveriesPage(ask({ tenantId }), tenantId, read(keyQuery, key)),
  };
}

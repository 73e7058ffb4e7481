import * as z from "zod";
import { eventTypesPage, presentEventType } from "../answers/event-types.ts";
import { leftOutAs } from "../platform/fields.ts";
import {
  createEventType,
  deleteEventType,
  eventTypeChange,
  eventTypeInput,
  readEventType,
  updateEventType,
} from "../registry/event-types.ts";
import type { EventTypeAnswer, Page } from "./answers.ts";
import { type PageQuery, queryOf, read } from "./input.ts";
import type { Ask } from "./tools.ts";

/** Input of a new event type. */
export interface NewEventType {
  /** Words of letters, digits, `_` and `-` joined by dots, as `order.placed`. */
  name: string;
  /** Text for people. Defaults to none. */
  description?: string | null;
  /**
   * JSON Schema that payloads must fit, as `z.toJSONSchema(schema)` makes it; a validator itself is refused. Defaults
   * to any payload.
   */
  schema?: unknown;
  /** True: checks the event type, and changes nothing. Defaults to false. */
  dryRun?: boolean;
}

/** Changes of an event type. Fields that are left out stay; null removes a description or a schema. */
export interface EventTypeChange extends Partial<Omit<NewEventType, "name">> {
  /**
   * True: takes the event type off the list, and endpoints can no longer newly name it. Its messages are still
   * accepted, and checked.
   */
  archived?: boolean;
}

/** Filter of a list of event types. */
export interface EventTypeQuery extends PageQuery {
  /** True: the archived event types, instead of those in use. Defaults to false. */
  archived?: boolean;
}

/** Operations on the event types of a tenant. */
export interface EventTypeOperations {
  /**
   * Creates an event type. An event type of this name with equal content stays unchanged. A dry run answers the event
   * type that would be created.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `event_type_limit_reached`, `event_type_exists`
   */
  create(tenantId: string, eventType: NewEventType): Promise<EventTypeAnswer>;
  /** @throws {OutboxError} `tenant_not_found`, `event_type_not_found` */
  get(tenantId: string, name: string): Promise<EventTypeAnswer>;
  /**
   * Lists event types, newest first.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: EventTypeQuery): Promise<Page<EventTypeAnswer>>;
  /**
   * Changes an event type. A new schema applies from now on, in every isolate. A dry run answers the event type as it
   * would be.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `event_type_not_found`
   */
  update(tenantId: string, name: string, change: EventTypeChange): Promise<EventTypeAnswer>;
  /**
   * Deletes an event type. Its messages are accepted unchecked from then on.
   * @throws {OutboxError} `tenant_not_found`, `event_type_not_found`
   */
  delete(tenantId: string, name: string): Promise<void>;
}

const query = queryOf(z.strictObject({ archived: leftOutAs(z.boolean(), false) }));

export function eventTypeOperations(ask: Ask): EventTypeOperations {
  return {
    async create(tenantId, eventType) {
      const tools = ask({ tenantId }, "createEventType");
      const made = createEventType(tools, tenantId, read(eventTypeInput, eventType));
      return presentEventType((await tools.seeThrough(made)).eventType);
    },
    get: async (tenantId, name) =>
      presentEventType(await readEventType(ask({ tenantId, name }), tenantId, name)),
    list: async (tenantId, given) => eventTypesPage(ask({ tenantId }).db, tenantId, read(query, given)),
    async update(tenantId, name, change) {
      const tools = ask({ tenantId, name }, "updateEventType");
      const changed = updateEventType(tools, tenantId, name, read(eventTypeChange, change));
      return presentEventType(await tools.seeThrough(changed));
    },
    async delete(tenantId, name) {
      const tools = ask({ tenantId, name }, "deleteEventType");
      await tools.seeThrough(deleteEventType(tools, tenantId, name));
    },
  };
}

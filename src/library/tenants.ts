import { presentNow, presentStats } from "../answers/stats.ts";
import { presentTenant, tenantsPage } from "../answers/tenants.ts";
import type { Quota } from "../domain/quota.ts";
import { tenantFilter } from "../registry/list-tenants.ts";
import {
  createTenant,
  deleteTenant,
  readTenant,
  setTenantPaused,
  tenantChange,
  tenantInput,
  updateTenant,
} from "../registry/tenants.ts";
import { statsSpan } from "../trace/filters.ts";
import { readNow } from "../trace/now.ts";
import { readStats } from "../trace/stats.ts";
import type { NowAnswer, Page, StatsAnswer, TenantAnswer } from "./answers.ts";
import { type PageQuery, queryOf, read, type SpanQuery } from "./input.ts";
import type { Ask } from "./tools.ts";

/** Input of a new tenant. */
export interface NewTenant {
  /** Id of your choice: 1 to 64 of `a-z`, `0-9`, `_` and `-`, beginning with a letter or a digit. */
  id: string;
  /** Text for people. Defaults to none. */
  name?: string | null;
  /** Limits of the commits of a day. Defaults to no limit. */
  quota?: Quota | null;
  /** Address that gets an e-mail when an endpoint is disabled by its own answers. Defaults to none. */
  notifyEmail?: string | null;
  /**
   * Addresses as which its e-mails may be sent beside `EMAIL_FROM`, each an address, or `*@` and a domain for all of it. Defaults to
   * null: any sender for the app, and `EMAIL_FROM` alone for the tenant's tokens.
   */
  senders?: readonly string[] | null;
}

/** Changes of a tenant. Fields that are left out stay. */
export interface TenantChange {
  /** Name for people; null for none. */
  name?: string | null;
  /** Limits of the commits of a day; null for no limit. */
  quota?: Quota | null;
  /** Address that gets an e-mail when an endpoint is disabled by its own answers; null for none. */
  notifyEmail?: string | null;
  /** Addresses as which its e-mails may be sent beside `EMAIL_FROM`; null for any, with a token of the tenant for none. */
  senders?: readonly string[] | null;
}

/** Filter of a list of tenants. */
export interface TenantQuery extends PageQuery {
  state?: "active" | "paused";
}

/** Operations on tenants. */
export interface TenantOperations {
  /**
   * Creates a tenant. An existing tenant stays unchanged.
   * @throws {OutboxError} `invalid_input`, `tenant_deleted`
   */
  create(tenant: NewTenant): Promise<TenantAnswer>;
  /** @throws {OutboxError} `tenant_not_found` */
  get(tenantId: string): Promise<TenantAnswer>;
  /** Lists tenants that are not deleted, newest first. */
  list(query?: TenantQuery): Promise<Page<TenantAnswer>>;
  /** @throws {OutboxError} `invalid_input`, `tenant_not_found` */
  update(tenantId: string, change: TenantChange): Promise<TenantAnswer>;
  /**
   * Deletes the tenant: refuses further commits, and cancels unsettled deliveries. The id is not given out again.
   * @throws {OutboxError} `tenant_not_found`
   */
  delete(tenantId: string): Promise<void>;
  /**
   * Pauses the tenant: holds back its deliveries, and still accepts commits.
   * @throws {OutboxError} `tenant_not_found`
   */
  pause(tenantId: string): Promise<TenantAnswer>;
  /**
   * Resumes: sends the deliveries that the pause held back.
   * @throws {OutboxError} `tenant_not_found`
   */
  resume(tenantId: string): Promise<TenantAnswer>;
  /**
   * Counts a tenant's messages, deliveries and endpoints. The span of commits defaults to the last 24 hours.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  stats(tenantId: string, span?: SpanQuery): Promise<StatsAnswer>;
  /**
   * Counts a tenant's deliveries and endpoints as they are at this moment, each up to 1,000: cheap enough to poll.
   * @throws {OutboxError} `tenant_not_found`
   */
  now(tenantId: string): Promise<NowAnswer>;
}

const query = queryOf(tenantFilter);

export function tenantOperations(ask: Ask): TenantOperations {
  const setPaused = async (tenantId: string, paused: boolean) => {
    const tools = ask({ tenantId }, paused ? "pauseTenant" : "resumeTenant");
    return presentTenant(await tools.seeThrough(setTenantPaused(tools, tenantId, paused)));
  };
  return {
    async create(tenant) {
      const tools = ask({}, "createTenant");
      return presentTenant((await tools.seeThrough(createTenant(tools, read(tenantInput, tenant)))).tenant);
    },
    get: async (tenantId) => presentTenant(await readTenant(ask({ tenantId }), tenantId)),
    list: async (given) => tenantsPage(ask({}).db, read(query, given)),
    async update(tenantId, change) {
      const tools = ask({ tenantId }, "updateTenant");
      const changed = updateTenant(tools, tenantId, read(tenantChange, change));
      return presentTenant(await tools.seeThrough(changed));
    },
    async delete(tenantId) {
      const tools = ask({ tenantId }, "deleteTenant");
      await tools.seeThrough(deleteTenant(tools, tenantId));
    },
    pause: (tenantId) => setPaused(tenantId, true),
    resume: (tenantId) => setPaused(tenantId, false),
    async now(tenantId) {
      const { db, clock } = ask({ tenantId });
      return presentNow(await readNow(db, tenantId, clock.now()));
    },
    async stats(tenantId, span) {
      const { db, clock } = ask({ tenantId });
      return presentStats(await readStats(db, tenantId, read(statsSpan, span), clock.now()));
    },
  };
}

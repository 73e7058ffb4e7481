import { presentStats } from "../api/stats/answers.ts";
import { presentTenant } from "../api/tenants/answers.ts";
import { tenantsPage } from "../api/tenants/pages.ts";
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
import { readStats } from "../trace/stats.ts";
import type { Page, StatsAnswer, TenantAnswer } from "./answers.ts";
import { type PageQuery, queryOf, read, type SpanQuery } from "./input.ts";
import type { Ask } from "./tools.ts";

/** A tenant that is to be made. */
export interface NewTenant {
  /** Yours to choose: 1 to 64 of `a-z`, `0-9`, `_` and `-`, beginning with a letter or a digit. */
  id: string;
  /** For people. Defaults to none. */
  name?: string | null;
  /** How much it may commit in a day. Defaults to as much as it likes. */
  quota?: Quota | null;
}

/** Changes of a tenant. Fields that are left out stay. */
export interface TenantChange {
  /** For people; null for none. */
  name?: string | null;
  /** How much it may commit in a day; null for as much as it likes. */
  quota?: Quota | null;
}

/** Tenants that a list is to hold. */
export interface TenantQuery extends PageQuery {
  state?: "active" | "paused";
}

/** Operations on tenants. */
export interface TenantOperations {
  /**
   * Makes a tenant; one that is there already stays as it is.
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
   * Accepts nothing more for the tenant, and cancels what was not delivered yet. Its id is not given out again.
   * @throws {OutboxError} `tenant_not_found`
   */
  delete(tenantId: string): Promise<void>;
  /**
   * Holds back every delivery of the tenant. Commits go on.
   * @throws {OutboxError} `tenant_not_found`
   */
  pause(tenantId: string): Promise<TenantAnswer>;
  /**
   * Sends what a pause has held back.
   * @throws {OutboxError} `tenant_not_found`
   */
  resume(tenantId: string): Promise<TenantAnswer>;
  /**
   * Counts what the outbox of a tenant does and has done. Defaults to the last 24 hours.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  stats(tenantId: string, span?: SpanQuery): Promise<StatsAnswer>;
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
    async stats(tenantId, span) {
      const { db, clock } = ask({ tenantId });
      return presentStats(await readStats(db, tenantId, read(statsSpan, span), clock.now()));
    },
  };
}

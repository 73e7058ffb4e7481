import { DurableObject } from "cloudflare:workers";
import type { DrainTools } from "./drain.ts";
import { ring, wake } from "./relay.ts";

/** What others may ask of a tenant's relay. */
export interface RelayCalls {
  wake(at: number): Promise<void>;
}

/** The class of a tenant's relay, as an app exports it for its wrangler.toml. */
export type TenantRelayClass<Env> = new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & RelayCalls;

/**
 * The Durable Object of each tenant, named by the tenant's id. It stores nothing but its alarm, so it can be
 * wiped or moved at any moment; a tenant's drains never overlap, because an alarm never overlaps itself.
 */
export function tenantRelay<Env>(
  toolsFor: (env: Env, tenantId: string) => DrainTools,
): TenantRelayClass<Env> {
  return class TenantRelay extends DurableObject<Env> implements RelayCalls {
    async wake(at: number): Promise<void> {
      await wake(this.ctx.storage, this.#tools.clock, at);
    }

    override async alarm(): Promise<void> {
      await ring(this.ctx.storage, this.#tools, this.#tenantId);
    }

    get #tenantId(): string {
      const { name } = this.ctx.id;
      if (name === undefined)
        throw new Error("A TenantRelay is reached by its tenant's id: getByName(tenantId)");
      return name;
    }

    get #tools(): DrainTools {
      return toolsFor(this.env, this.#tenantId);
    }
  };
}

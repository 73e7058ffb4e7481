import { DurableObject } from "cloudflare:workers";
import type { Observation } from "../domain/observation.ts";
import { systemClock } from "../platform/clock.ts";
import { defaultLog } from "../platform/log-lines.ts";
import type { DrainTools } from "./drain.ts";
import { type Alarm, onAlarm, onWake } from "./relay.ts";
import { Windows } from "./windows.ts";

/** Calls to a tenant's relay. */
export interface RelayCalls {
  /** `seen`: observations of the tenant's endpoints since the last call. */
  wake(at: number, seen?: readonly Observation[]): Promise<void>;
}

/** The class of a tenant's relay, as an app exports it for its wrangler.toml. */
type TenantRelayClass<Env> = new (ctx: DurableObjectState, env: Env) => DurableObject<Env> & RelayCalls;

/** Storage key of the tenant's id, beside the alarm. */
const TENANT = "tenant";

/**
 * The Durable Object of each tenant, named by the tenant's id. It stores only its alarm and that id, which older
 * runtimes do not tell when an alarm goes off after a restart. So it can be wiped or moved at any moment. A tenant's
 * drains never overlap, because an alarm never overlaps itself.
 */
export function tenantRelay<Env>(toolsFor: (env: Env) => DrainTools): TenantRelayClass<Env> {
  return class TenantRelay extends DurableObject<Env> implements RelayCalls {
    #remembers = false;
    readonly #windows = new Windows();

    async wake(at: number, seen: readonly Observation[] = []): Promise<void> {
      const { name } = this.ctx.id;
      if (name === undefined)
        throw new Error("Reach a TenantRelay by its tenant's id, with getByName(tenantId)");
      await this.#remember(name);
      await onWake(this.#alarm, systemClock, this.#windows, { at, seen });
    }

    override async alarm(): Promise<void> {
      const tenantId = this.ctx.id.name ?? (await this.ctx.storage.get<string>(TENANT));
      // An alarm from before the id was stored. A throw would only repeat it; the next wake brings the id.
      if (tenantId === undefined) return defaultLog("relay.nameless", { relay: this.ctx.id.toString() });
      await onAlarm(this.#alarm, toolsFor(this.env), tenantId, this.#windows);
    }

    get #alarm(): Alarm {
      const { storage } = this.ctx;
      return { getAlarm: () => storage.getAlarm(), setAlarm: (at) => storage.setAlarm(at) };
    }

    /** Writes the id once, before the alarm that needs it. */
    async #remember(tenantId: string): Promise<void> {
      if (this.#remembers) return;
      const { storage } = this.ctx;
      if ((await storage.get(TENANT)) === undefined) await storage.put(TENANT, tenantId);
      this.#remembers = true;
    }
  };
}

import { DurableObject } from "cloudflare:workers";
import {
  type AccountCalls,
  type AccountName,
  type Answer,
  type Asking,
  EmailAccount,
  type Holds,
  type Told,
} from "../domain/email-account.ts";
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
type TenantRelayClass<Env> = new (
  ctx: DurableObjectState,
  env: Env,
) => DurableObject<Env> & RelayCalls & AccountCalls;

/** Beginning of the name of a Durable Object that keeps an account of e-mails in place of a tenant: no tenant's id has a colon. */
export const ACCOUNT_PREFIX = "email-account:";

/** Storage key of an account's holds. */
const HOLDS = "holds";

/** Storage key of the tenant's id, beside the alarm. */
const TENANT = "tenant";

/**
 * The Durable Object of each tenant, named by the tenant's id. It stores only its alarm and that id, which older
 * runtimes do not tell when an alarm goes off after a restart. So it can be wiped or moved at any moment. A tenant's
 * drains never overlap, because an alarm never overlaps itself.
 *
 * One whose name begins with `ACCOUNT_PREFIX` keeps an account of e-mails instead, so that no app has to bind another class.
 */
export function tenantRelay<Env>(toolsFor: (env: Env) => DrainTools): TenantRelayClass<Env> {
  return class TenantRelay extends DurableObject<Env> implements RelayCalls, AccountCalls {
    #remembers = false;
    readonly #windows = new Windows();
    #account: Promise<EmailAccount> | undefined;

    async wake(at: number, seen: readonly Observation[] = []): Promise<void> {
      const { name } = this.ctx.id;
      if (name === undefined)
        throw new Error("Reach a TenantRelay by its tenant's id, with getByName(tenantId)");
      await this.#remember(name);
      await onWake(this.#alarm, systemClock, this.#windows, { at, seen });
    }

    async askAccount(account: AccountName, asking: Asking): Promise<Answer> {
      const kept = await this.#accountFor(account);
      return kept.ask(asking, systemClock.now());
    }

    /** Keeps what somebody has to repair, and not the pace, which is learnt again at once. */
    async tellAccount(account: AccountName, told: Told): Promise<number | null> {
      const kept = await this.#accountFor(account);
      const before = JSON.stringify(kept.holds);
      const holdMs = kept.tell(told, systemClock.now());
      if (JSON.stringify(kept.holds) !== before) await this.ctx.storage.put(HOLDS, kept.holds);
      return holdMs;
    }

    #accountFor({ perSecond }: AccountName): Promise<EmailAccount> {
      const read = async () => new EmailAccount(perSecond, await this.ctx.storage.get<Holds>(HOLDS));
      this.#account ??= read();
      return this.#account;
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

import type { Clock } from "../../platform/clock.ts";
import { ExpiringMap } from "../../platform/expiring-map.ts";
import { limits } from "../../platform/limits.ts";
import { DoorError, secondsUntil } from "./door-error.ts";

/**
 * Turns of tenants' costly requests in this isolate. A tenant's costly requests run one after another, at the pace of
 * its allowance: a few at once would use up a minute's allowance within seconds, and hold up every tenant meanwhile.
 * The caller chooses the keys.
 */
export class TenantTurns {
  readonly #freeAt = new ExpiringMap<number>(limits.doorMemory);

  /**
   * Resolves when the turn of this key comes.
   * @throws {DoorError} `rate_limited` when that would take too long
   */
  async wait(key: string, clock: Clock): Promise<void> {
    const since = clock.now();
    for (let waitMs = this.expect(key, clock, since); waitMs > 0; waitMs = this.expect(key, clock, since)) {
      await clock.sleep(waitMs);
    }
  }

  /**
   * Wait until the next turn, for a request that has waited since an instant.
   * @throws {DoorError} `rate_limited` when that would take too long
   */
  expect(key: string, clock: Clock, since = clock.now()): number {
    const now = clock.now();
    const freeAt = this.#freeAt.get(key, now) ?? now;
    if (freeAt > since + limits.turnWaitMs) throw tooManyAtOnce(secondsUntil(freeAt, now));
    return freeAt - now;
  }

  /** Delays the next turn by the cost of the work. */
  charge(key: string, requests: number, { now }: Clock): void {
    const freeAt = (this.#freeAt.get(key, now()) ?? now()) + requests * limits.apiMsPerRequest;
    this.#freeAt.set(key, freeAt, freeAt, now());
  }
}

function tooManyAtOnce(seconds: number): DoorError {
  return new DoorError(
    "rate_limited",
    "Costly requests of this tenant are under way or were just answered: large requests, requests with payloads that take long to check, or requests that make many deliveries. Wait, and send them one after another.",
    { retryAfterSeconds: seconds },
  );
}

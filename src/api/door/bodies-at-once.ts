import { limits } from "../../platform/limits.ts";
import { DoorError } from "./door-error.ts";

interface Held {
  tenantId: string | undefined;
  bytes: number;
  /** The platform may end a request silently when its client hangs up, so no count outlasts the longest request. */
  until: number;
}

/** Bytes of bodies that this isolate holds, by tenant: each is read into memory, and kept until its request is answered. */
export class BodiesAtOnce {
  readonly #held = new Set<Held>();

  /** Bytes held now. */
  get bytes(): number {
    return this.#sum(() => true);
  }

  /** The body of one request. `tenantId` is undefined for the operator, whom only the bound on all bodies limits. */
  open(tenantId: string | undefined, now: () => number): HeldBody {
    const own: Held = { tenantId, bytes: 0, until: now() + limits.bodyHeldMs };
    this.#held.add(own);
    return {
      grow: (bytes) => {
        own.bytes = bytes;
        if (own.bytes <= limits.smallBodyBytes) return;
        this.#forgetBefore(now());
        if (tenantId !== undefined && this.#of(tenantId) > limits.bodyBytesOfTenant) throw tooManyOfTenant();
        if (this.bytes > limits.bodyBytesOfIsolate) throw tooManyOfAll();
      },
      close: () => void this.#held.delete(own),
    };
  }

  #of(tenantId: string): number {
    return this.#sum((held) => held.tenantId === tenantId);
  }

  #sum(isMeant: (held: Held) => boolean): number {
    return [...this.#held].reduce((sum, held) => (isMeant(held) ? sum + held.bytes : sum), 0);
  }

  #forgetBefore(now: number): void {
    for (const held of this.#held) if (held.until <= now) this.#held.delete(held);
  }
}

/** Counts a body as it comes. */
interface HeldBody {
  /**
   * Counts its bytes, as many as have bytes.
   * @throws {DoorError} `rate_limited` where its tenant holds too many, `overloaded` where all
   * callers together do. A small body is never refused because of others.
   */
  grow(bytes: number): void;
  /** Releases the bytes once the request is answered. */
  close(): void;
}

function tooManyOfTenant(): DoorError {
  return new DoorError(
    "rate_limited",
    `The bodies of this tenant's requests under way are more than ${limits.bodyBytesOfTenant} bytes together. Wait for their answers, and send fewer large requests at once.`,
    { retryAfterSeconds: 1 },
  );
}

function tooManyOfAll(): DoorError {
  return new DoorError(
    "overloaded",
    "Large requests of several callers are under way, and there is no memory for another. Nothing was carried out: try again.",
  );
}

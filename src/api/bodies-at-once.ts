import { limits } from "../platform/limits.ts";
import { DoorError } from "./problem.ts";

/** Bytes of bodies that this isolate holds, by tenant: each is read into memory, and kept until its request is answered. */
export class BodiesAtOnce {
  readonly #byTenant = new Map<string, number>();
  #all = 0;

  /** Bytes held now. */
  get bytes(): number {
    return this.#all;
  }

  /** The body of one request. `tenantId` is undefined for the operator, who is bounded by what all may hold alone. */
  open(tenantId: string | undefined): HeldBody {
    let own = 0;
    return {
      add: (bytes) => {
        own += bytes;
        this.#count(tenantId, bytes);
        if (tenantId !== undefined && this.#of(tenantId) > limits.bodyBytesOfTenant) throw tooManyOfTenant();
        if (own > limits.smallBodyBytes && this.#all > limits.bodyBytesOfIsolate) throw tooManyOfAll();
      },
      close: () => this.#count(tenantId, -own),
    };
  }

  #of(tenantId: string): number {
    return this.#byTenant.get(tenantId) ?? 0;
  }

  #count(tenantId: string | undefined, bytes: number): void {
    this.#all += bytes;
    if (tenantId === undefined) return;
    const held = this.#of(tenantId) + bytes;
    if (held > 0) this.#byTenant.set(tenantId, held);
    else this.#byTenant.delete(tenantId);
  }
}

/** Counts a body as it comes. */
export interface HeldBody {
  /**
   * Counts bytes that have come.
   * @throws {DoorError} `rate_limited` where its tenant holds too many, `overloaded` where all callers together do. A small body is
   * never refused because of others.
   */
  add(bytes: number): void;
  /** The request is answered: nothing of its body is held any more. */
  close(): void;
}

function tooManyOfTenant(): DoorError {
  return new DoorError(
    "rate_limited",
    `The bodies of this tenant's requests under way are more than ${limits.bodyBytesOfTenant} bytes together. Wait for their answers, and send fewer large requests at once.`,
    1,
  );
}

function tooManyOfAll(): DoorError {
  return new DoorError(
    "overloaded",
    "Large requests of several callers are under way, and there is no memory for another. Nothing was carried out: try again.",
  );
}

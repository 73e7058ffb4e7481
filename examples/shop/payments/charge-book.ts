/** Memory of the payment API. */
export interface BookedCharge {
  id: string;
  idempotencyKey: string;
  /** Purpose of the charge, in the caller's words. */
  reference: string;
  amountCents: number;
  paymentMethod: string;
  status: "succeeded" | "declined";
}

export type ChargeRequest = Omit<BookedCharge, "id" | "status">;

export interface Calls {
  made: number;
  /** With an idempotency key that was answered, or was to be, before. */
  repeated: number;
  failed: number;
  untold: number;
}

export class KeyReused extends Error {}

/** The charges, each under its idempotency key: the first call with a key makes one, later ones find it. */
export class ChargeBook {
  /** The cards it knows, by its own names for them. */
  knownMethods = /^pm_[a-z]+_\d{4}$/;
  readonly calls: Calls = { made: 0, repeated: 0, failed: 0, untold: 0 };
  readonly #charges = new Map<string, BookedCharge>();
  readonly #callsByKey = new Map<string, number>();

  get charges(): BookedCharge[] {
    return [...this.#charges.values()];
  }

  /** Answers the number of this call with its key, from 1. */
  count(idempotencyKey: string): number {
    const number = (this.#callsByKey.get(idempotencyKey) ?? 0) + 1;
    this.#callsByKey.set(idempotencyKey, number);
    this.calls.made++;
    if (number > 1) this.calls.repeated++;
    return number;
  }

  /** @throws {KeyReused} when the key stands for something else */
  charge(request: ChargeRequest): BookedCharge {
    const { idempotencyKey } = request;
    const booked = this.#charges.get(idempotencyKey);
    if (booked && !isSame(booked, request)) throw new KeyReused();
    if (booked) return booked;
    const status = request.paymentMethod.endsWith("0002") ? "declined" : "succeeded";
    const charge: BookedCharge = { id: `pay_${this.#charges.size + 1}`, ...request, status };
    this.#charges.set(idempotencyKey, charge);
    return charge;
  }
}

function isSame(one: ChargeRequest, other: ChargeRequest): boolean {
  return (["reference", "amountCents", "paymentMethod"] as const).every((name) => one[name] === other[name]);
}

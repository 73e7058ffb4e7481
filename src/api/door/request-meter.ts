import type { Clock } from "../../platform/clock.ts";
import { limits } from "../../platform/limits.ts";
import type { Meter } from "../../platform/meter.ts";
import type { DoorMemory } from "./door-memory.ts";

interface MeterTools {
  clock: Clock;
  doorMemory: DoorMemory;
}

/** Adds up parts, and answers the number of newly completed units. */
export function wholeUnits(size: number): (more: number) => number {
  let sum = 0;
  return (more) => {
    const before = Math.floor(sum / size);
    sum += more;
    return Math.floor(sum / size) - before;
  };
}

/** Counts the cost of a tenant's request, and makes a costly one wait for its turn. */
export class RequestMeter implements Meter {
  readonly #requestsIn = wholeUnits(limits.stepsPerRequest);
  #requests = 0;
  #sinceTurn = 0;
  #hasTurn = false;
  readonly #tenantId: string;
  readonly #tools: MeterTools;
  readonly #count: (requests: number) => void;

  /** `count`: called with the number of further requests that the request counts as. */
  constructor(tenantId: string, tools: MeterTools, count: (requests: number) => void) {
    this.#tenantId = tenantId;
    this.#tools = tools;
    this.#count = count;
  }

  /** Counts the request as several more, whatever the steps. */
  add(requests: number): void {
    this.#requests += requests;
    this.#count(requests);
    if (this.#hasTurn) this.#charge(requests);
  }

  /** The number of deliveries is known only once they are made, so the next commit waits for them. */
  charge(steps: number): void {
    const requests = this.#countSteps(steps);
    if (steps >= limits.stepsPerTurn)
      this.#tools.doorMemory.turns.charge(this.#deliveries, requests, this.#tools.clock);
  }

  async turn(steps: number): Promise<void> {
    this.#countSteps(steps);
    this.#sinceTurn += steps;
    if (this.#sinceTurn < limits.stepsPerTurn) return;
    this.#sinceTurn = 0;
    if (this.#hasTurn) await this.#tools.clock.sleep(0);
    else await this.takeTurn();
  }

  /**
   * Asks for admission before a large body arrives.
   * @throws {DoorError} `rate_limited` when its turn would come too late
   */
  expectTurn(): void {
    this.#tools.doorMemory.turns.expect(this.#tenantId, this.#tools.clock);
  }

  /**
   * Resolves when the turn of this request comes; the request keeps its turn to its end.
   * @throws {DoorError} `rate_limited`
   */
  async takeTurn(): Promise<void> {
    const { clock, doorMemory } = this.#tools;
    await doorMemory.turns.wait(this.#tenantId, clock);
    this.#hasTurn = true;
    // The next request waits, though little has been charged so far.
    this.#charge(this.#requests + limits.requestsPerTurn);
  }

  /**
   * Resolves when the tenant's commits before have paid for their deliveries.
   * @throws {DoorError} `rate_limited`
   */
  deliveriesPaid(): Promise<void> {
    return this.#tools.doorMemory.turns.wait(this.#deliveries, this.#tools.clock);
  }

  get #deliveries(): string {
    return `${this.#tenantId} deliveries`;
  }

  #countSteps(steps: number): number {
    const requests = this.#requestsIn(steps);
    this.add(requests);
    return requests;
  }

  #charge(requests: number): void {
    this.#tools.doorMemory.turns.charge(this.#tenantId, requests, this.#tools.clock);
  }
}

import type { Clock } from "../../platform/clock.ts";
import { limits } from "../../platform/limits.ts";
import type { Meter } from "../../platform/meter.ts";
import type { DoorMemory } from "./door-memory.ts";

interface MeterTools {
  clock: Clock;
  doorMemory: DoorMemory;
}

/** Counts up, and answers how many more of these units are whole. */
export function wholeUnits(size: number): (more: number) => number {
  let sum = 0;
  return (more) => {
    const before = Math.floor(sum / size);
    sum += more;
    return Math.floor(sum / size) - before;
  };
}

/** Counts what a tenant's request costs, and has it wait for its turn once it is a costly one. */
export class RequestMeter implements Meter {
  readonly #requestsIn = wholeUnits(limits.stepsPerRequest);
  #requests = 0;
  #sinceTurn = 0;
  #hasTurn = false;
  readonly #tenantId: string;
  readonly #tools: MeterTools;
  readonly #count: (requests: number) => void;

  /** `count`: is told as what more the request counts. */
  constructor(tenantId: string, tools: MeterTools, count: (requests: number) => void) {
    this.#tenantId = tenantId;
    this.#tools = tools;
    this.#count = count;
  }

  /** Counts it as so many requests more, whatever the steps. */
  add(requests: number): void {
    this.#requests += requests;
    this.#count(requests);
    if (this.#hasTurn) this.#charge(requests);
  }

  /** Deliveries are known when they are made: the next commit waits for them. */
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
   * Asks before a large body is there whether it may come.
   * @throws {DoorError} `rate_limited` when its turn would come too late
   */
  expectTurn(): void {
    this.#tools.doorMemory.turns.expect(this.#tenantId, this.#tools.clock);
  }

  /**
   * Resolves when the turn of this request has come, which it then has to its end.
   * @throws {DoorError} `rate_limited`
   */
  async takeTurn(): Promise<void> {
    const { clock, doorMemory } = this.#tools;
    await doorMemory.turns.wait(this.#tenantId, clock);
    this.#hasTurn = true;
    // Whoever comes next waits, though little has been charged so far.
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

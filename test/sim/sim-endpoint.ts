import type { Dispatch, Reply } from "../../src/channels/channel.ts";
import { temporary } from "../../src/channels/channel.ts";
import type { FaultKind } from "./faults.ts";
import type { Process } from "./process.ts";
import type { SimWorld } from "./sim-world.ts";

/** A request as the endpoint saw it. */
export interface Receipt {
  at: number;
  messageId: string;
  payload: string;
  accepted: boolean;
}

/** What can make two consumers carry out one lease, or end it early for one of them. */
const CROWDING: readonly FaultKind[] = [
  "queue-duplicates",
  "queue-lies",
  "queue-hangs",
  "clock-skew",
  "restore",
];

/** Looks at what arrives, at the moment it does, and says what is wrong with it. */
export type Inspect = (endpoint: SimEndpoint, dispatch: Dispatch) => string[];

/** Somebody's server: mostly well, at times slow, failing or silent; and now and then its answer gets lost. */
export class SimEndpoint {
  readonly tenantId: string;
  readonly id: string;
  readonly receipts: Receipt[] = [];
  /** What is wrong with what arrives, by the rules that hold at every moment. */
  readonly complaints: string[] = [];
  /** Until then it fails, whatever it gets. */
  downUntil = 0;
  /** It never fails: what becomes of its deliveries says something of the outbox alone. */
  reliable = false;
  /** It complains about more requests at once. */
  maxConcurrency = Number.POSITIVE_INFINITY;
  /** Processes of the requests that it has not answered. */
  readonly #open: Process[] = [];
  readonly #world: SimWorld;
  readonly #inspect: Inspect;

  constructor(world: SimWorld, tenantId: string, id: string, inspect: Inspect) {
    this.#world = world;
    this.tenantId = tenantId;
    this.id = id;
    this.#inspect = inspect;
  }

  async receive(process: Process, dispatch: Dispatch, timeoutMs: number): Promise<Reply> {
    const { faults, random, timeline } = this.#world;
    const fails = this.suffers("endpoint-fails") || this.downUntil > timeline.now;
    const hangs = this.suffers("endpoint-hangs");
    const lost = this.suffers("answer-lost");
    const latencyMs = hangs ? timeoutMs : random.between(1, 300);
    if (!this.reliable && faults.isPoison(dispatch.messageId)) process.killedBy(dispatch.messageId);
    // It arrives at the beginning of the call, and the answer comes at its end.
    const arrive = () => {
      this.note(dispatch, !fails && !hangs);
      this.#begin(process, dispatch);
    };
    const answer = () => {
      this.#open.splice(this.#open.indexOf(process), 1);
      return this.#reply({ fails, hangs, lost });
    };
    await process.step("send", arrive, random.between(0.2, 5));
    return process.step("answer", answer, latencyMs);
  }

  #begin(process: Process, { messageId }: Dispatch) {
    this.#open.push(process);
    const { length } = this.#open.filter(({ isDead }) => !isDead);
    if (length <= this.maxConcurrency || CROWDING.some((kind) => this.#world.faults.has(kind))) return;
    this.complaints.push(`crowded: ${messageId} is request ${length} at once to ${this.id}`);
  }

  suffers(kind: FaultKind): boolean {
    return !this.reliable && this.#world.faults.strikes(kind);
  }

  #reply({ fails, hangs, lost }: { fails: boolean; hangs: boolean; lost: boolean }): Reply {
    if (hangs) return temporary("timeout");
    if (lost) {
      this.#world.faults.record("answer-lost", this.id);
      return temporary("connection_lost");
    }
    if (fails) return temporary("http_status", { httpStatus: 500 });
    return { kind: "accepted", httpStatus: 200, excerpt: null };
  }

  /** Puts on record what arrives, and looks at it. */
  note(dispatch: Dispatch, accepted: boolean) {
    const { timeline } = this.#world;
    this.receipts.push({
      at: timeline.now,
      messageId: dispatch.messageId,
      payload: dispatch.payload,
      accepted,
    });
    timeline.note(`${this.id} receives ${dispatch.messageId}, ${accepted ? "accepts" : "does not accept"}`);
    this.complaints.push(...this.#inspect(this, dispatch));
  }
}

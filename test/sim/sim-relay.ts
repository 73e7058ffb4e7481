import type { Observation } from "../../src/domain/observation.ts";
import type { DrainTools } from "../../src/relay/drain.ts";
import { onAlarm, onWake, wake } from "../../src/relay/relay.ts";
import { Windows } from "../../src/relay/windows.ts";
import type { FaultKind, Faults } from "./faults.ts";
import type { Process } from "./process.ts";
import type { SeededRandom } from "./random.ts";

/** The platform ends an alarm after so long. */
const ALARM_MS = 15 * 60_000;
/** A drain ends within this, whoever does not answer it. */
const LONGEST_ALARM_MS = 60_000;
/** What may make it last longer: D1 is waited for, and given up on later. */
const LENGTHENING: readonly FaultKind[] = ["d1-stalls"];

/** So many drains one after another that claim nothing are for nothing, for ever, and the object is paid for. */
const RESTLESS_DRAINS = 500;

interface RelayTools {
  faults: Faults;
  random: SeededRandom;
  start: (name: string) => Process;
  drainTools: (process: Process) => DrainTools;
}

/** The Durable Objects of the tenants: each has an alarm, which never overlaps itself, and may fail to go off. */
export class SimRelays {
  readonly complaints: string[] = [];
  readonly #alarms = new Map<string, number>();
  readonly #running = new Set<string>();
  /** Of each tenant: how many drains have claimed nothing since one did. */
  readonly #vain = new Map<string, number>();
  readonly #windows = new Map<string, Windows>();
  /** Of each tenant: the smallest tasks to its endpoints of which its relay has learnt otherwise since its drain began. */
  readonly #packsBefore = new Map<string, Map<string, number>>();
  readonly #tools: RelayTools;

  constructor(tools: RelayTools) {
    this.#tools = tools;
  }

  /** A hint from a process that may wait for the answer. */
  async call(
    caller: Process,
    tenantId: string,
    at: number,
    seen: readonly Observation[] = [],
  ): Promise<void> {
    const { faults, start } = this.#tools;
    if (faults.strikes("relay-hangs")) return this.#hang(caller, tenantId, at);
    await caller.step("relay.wake", () => undefined);
    if (faults.strikes("wake-fails")) {
      faults.record("wake-fails", `${caller.name} for ${tenantId}`);
      throw new Error("The relay could not be reached");
    }
    if (this.#swallows(at)) {
      faults.record("wake-swallowed", `${caller.name} for ${tenantId}`);
      return;
    }
    const relay = start(`wake ${tenantId}`);
    // Who waits for an object that dies is told so.
    const death = new Promise<never>((_, reject) => {
      relay.onDeath(() => reject(new Error("The relay was reset")));
    });
    for (const { endpointId } of seen) this.#notePack(tenantId, endpointId);
    const alarm = this.#alarm(relay, tenantId);
    await Promise.race([onWake(alarm, relay.clock, this.#windowsOf(tenantId), { at, seen }), death]);
  }

  /** Also when the world has healed, if it is for later: what is woken for after that makes it good. */
  #swallows(at: number): boolean {
    const { faults } = this.#tools;
    const isForLater = at > faults.timeline.now + 1_000;
    return faults.healed && isForLater
      ? faults.strikesAlways("wake-swallowed")
      : faults.strikes("wake-swallowed");
  }

  #notePack(tenantId: string, endpointId: string) {
    const packs = this.#packsBefore.get(tenantId) ?? new Map<string, number>();
    this.#packsBefore.set(tenantId, packs.set(endpointId, this.packOf(tenantId, endpointId)));
  }

  /** Most deliveries in a task to an endpoint, as of any instant since the tenant's drain began. */
  packOf(tenantId: string, endpointId: string): number {
    const before = this.#packsBefore.get(tenantId)?.get(endpointId) ?? Number.POSITIVE_INFINITY;
    return Math.min(before, this.#windowsOf(tenantId).of(endpointId).pack);
  }

  /** What the object has in memory. */
  #windowsOf(tenantId: string): Windows {
    const windows = this.#windows.get(tenantId) ?? new Windows();
    this.#windows.set(tenantId, windows);
    return windows;
  }

  #hang(caller: Process, tenantId: string, at: number): Promise<never> {
    const { faults, start } = this.#tools;
    const woken = faults.random.chance(0.3);
    faults.record("relay-hangs", `${caller.name} for ${tenantId}, ${woken ? "woken" : "not woken"}`);
    return caller.hang("relay.wake", () => {
      if (!woken) return;
      const relay = start(`wake ${tenantId}`);
      void wake(this.#alarm(relay, tenantId), relay.clock, at);
    });
  }

  /** What is set is set at once: it is the object's own. */
  #alarm(process: Process, tenantId: string, fromAlarm = false) {
    const { faults } = this.#tools;
    return {
      getAlarm: () => process.step("getAlarm", () => this.#alarms.get(tenantId) ?? null),
      setAlarm: (at: number) =>
        process.local("setAlarm", () => {
          // A clock that is off is not the platform's, by which alarms are set.
          const hasCome = fromAlarm && at <= faults.timeline.now && !faults.has("clock-skew");
          if (hasCome && this.#stalls(tenantId, at)) return;
          this.#setAlarm(tenantId, at);
        }),
    };
  }

  /** It stands, and does not go off. */
  #stalls(tenantId: string, at: number): boolean {
    const { faults } = this.#tools;
    if (!faults.has("alarm-stalls")) return false;
    this.complaints.push(
      `stalled: an alarm of ${tenantId} has set the next one for an instant that had come`,
    );
    if (!faults.strikesAlways("alarm-stalls")) return false;
    faults.record("alarm-stalls", tenantId);
    this.#alarms.set(tenantId, at);
    return true;
  }

  #setAlarm(tenantId: string, at: number) {
    const { timeline } = this.#tools.faults;
    this.#alarms.set(tenantId, at);
    timeline.note(`alarm of ${tenantId} set in ${Math.round(at - timeline.now)} ms`);
    timeline.at(at, () => this.#goOff(tenantId, at));
  }

  #goOff(tenantId: string, at: number) {
    const { faults } = this.#tools;
    const { timeline } = faults;
    if (this.#alarms.get(tenantId) !== at) return;
    // An alarm never overlaps itself.
    if (this.#running.has(tenantId)) {
      timeline.at(timeline.now + 5, () => this.#goOff(tenantId, at));
      return;
    }
    if (faults.strikes("alarm-sticks")) return faults.record("alarm-sticks", tenantId);
    this.#alarms.delete(tenantId);
    if (faults.strikes("alarm-vanishes")) return faults.record("alarm-vanishes", tenantId);
    if (!this.#isRestless(tenantId)) this.#runAlarm(tenantId);
  }

  /** Complains, once, and lets no more alarms go off: the history would not end. */
  #isRestless(tenantId: string): boolean {
    const vain = this.#vain.get(tenantId) ?? 0;
    if (vain === RESTLESS_DRAINS) {
      this.complaints.push(`restless: ${vain} drains of ${tenantId} one after another claimed nothing`);
      this.#vain.set(tenantId, vain + 1);
    }
    return vain >= RESTLESS_DRAINS;
  }

  #drainTools(process: Process, tenantId: string): DrainTools {
    const tools = this.#tools.drainTools(process);
    const log: DrainTools["log"] = (event, fields) => {
      if (event === "relay.drained")
        this.#vain.set(tenantId, fields["claims"] === 0 ? (this.#vain.get(tenantId) ?? 0) + 1 : 0);
      tools.log(event, fields);
    };
    return { ...tools, log };
  }

  #runAlarm(tenantId: string) {
    const { faults, random, start } = this.#tools;
    const { timeline } = faults;
    const process = start(`relay ${tenantId}`);
    const startedAt = timeline.now;
    this.#running.add(tenantId);
    const ended = () => {
      this.#running.delete(tenantId);
      process.end();
      const ranMs = timeline.now - startedAt;
      if (ranMs > LONGEST_ALARM_MS && !LENGTHENING.some((kind) => faults.has(kind)))
        this.complaints.push(`outlasts: ${process.name} ran for ${Math.round(ranMs / 1000)} s`);
    };
    process.onDeath(() => {
      this.#running.delete(tenantId);
      this.#windows.delete(tenantId);
      // Alarms run at least once: a killed one is usually run again.
      if (random.chance(0.7) && !this.#alarms.has(tenantId)) this.#setAlarm(tenantId, timeline.now + 2_000);
    });
    const windows = this.#windowsOf(tenantId);
    this.#packsBefore.delete(tenantId);
    const alarm = this.#alarm(process, tenantId, true);
    void onAlarm(alarm, this.#drainTools(process, tenantId), tenantId, windows).then(ended, ended);
    timeline.at(startedAt + ALARM_MS, () => {
      if (!process.isDead) ended();
    });
  }

  /** Every Durable Object is wiped. */
  wipe() {
    this.#tools.faults.timeline.note("all alarms are gone");
    this.#alarms.clear();
    this.#windows.clear();
  }
}

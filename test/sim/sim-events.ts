import type { Envelope } from "../../src/channels/email/provider.ts";
import type { EventStatus } from "../../src/domain/email-status.ts";
import { matchKept } from "../../src/email-events/match-kept.ts";
import type { ProviderEvent } from "../../src/email-events/provider-event.ts";
import { recordEvents } from "../../src/email-events/record-events.ts";
import { SeededRandom } from "./random.ts";
import type { SimWorld } from "./sim-world.ts";

const SECOND = 1000;
/** Events that nobody has confirmed come again after so long at most. */
export const COME_AGAIN_MS = 30 * SECOND;
/** So long after an e-mail was taken its last event is told for the first time. */
export const COME_WITHIN_MS = 20 * SECOND;

/** Recipients, and what becomes of an e-mail to each of them. */
export const FATES: Readonly<Record<string, readonly EventStatus[]>> = {
  "ada@example.com": ["delivered"],
  "bouncing@example.com": ["deferred", "hard_bounced"],
  "grumbling@example.com": ["delivered", "complained"],
};

/** An event on its way to us. */
export interface Telling {
  event: ProviderEvent;
  tenantId: string;
  messageId: string;
  /** It was confirmed once: its provider relies on that. */
  isConfirmed: boolean;
}

/**
 * Events of an account's e-mails. They come in any order, also before the e-mail itself is on record, several times, and again
 * until they are confirmed. In half of the accounts they bring our own ids, in the others the provider's alone.
 */
export class SimEvents {
  readonly tellings: Telling[] = [];
  readonly isTagged: boolean;
  readonly #random: SeededRandom;
  readonly #world: SimWorld;

  constructor(world: SimWorld, seed: number) {
    this.#world = world;
    this.#random = new SeededRandom(seed ^ 0x27d4eb2f);
    this.isTagged = this.#random.chance(0.5);
  }

  /** An e-mail was taken. */
  follow({ tenantId, messageId, to }: Envelope, providerId: string) {
    const [recipient = ""] = to;
    const { now } = this.#world.timeline;
    for (const status of FATES[recipient] ?? []) {
      const event: ProviderEvent = {
        provider: this.isTagged ? "resend" : "cloudflare",
        id: `${status} of ${providerId}`,
        status,
        recipients: [recipient],
        isExact: true,
        at: Math.round(now),
        providerId,
        tags: this.isTagged ? { messageId, tenantId } : null,
        detail: null,
      };
      const telling = { event, tenantId, messageId, isConfirmed: false };
      this.tellings.push(telling);
      const delayMs = this.#random.chance(0.5)
        ? this.#random.between(0, 100)
        : this.#random.between(0, COME_WITHIN_MS);
      this.#tellAt(now + delayMs, telling);
    }
  }

  /** The cron. */
  matchKept() {
    const process = this.#world.start("kept events");
    void matchKept(this.#world.receptionTools(process, this.#random)).then(() => process.end());
  }

  #tellAt(at: number, telling: Telling) {
    this.#world.timeline.at(at, () => this.#tell(telling));
  }

  #tell(telling: Telling) {
    const { timeline } = this.#world;
    const process = this.#world.start("reception");
    const times = this.#random.chance(0.1) ? 2 : 1;
    const events = Array.from({ length: times }, () => telling.event);
    void recordEvents(this.#world.receptionTools(process, this.#random), events).then(
      (recorded) => {
        timeline.note(`${process.name} records ${telling.event.id}: ${JSON.stringify(recorded)}`);
        telling.isConfirmed = true;
        process.release();
      },
      () => process.release(),
    );
    const againMs = this.#random.between(SECOND, COME_AGAIN_MS);
    const isSentTwice = this.#random.chance(0.2);
    timeline.at(timeline.now + againMs, () => {
      if (!telling.isConfirmed || isSentTwice) this.#tell(telling);
    });
  }
}

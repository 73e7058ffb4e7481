/** Messages of a queue, as a consumer is handed them. */
export interface Batch {
  queue: string;
  messages: BatchMessage[];
}

interface BatchMessage {
  id: string;
  /** Milliseconds at which it was sent. */
  timestamp: number;
  /** Number of times it was handed out, this time included. */
  attempts: number;
  body: unknown;
}

/** Messages that the consumer asks for again. It has acknowledged the others. */
export interface BatchAnswer {
  again: { id: string; delaySeconds?: number | undefined }[];
}

/** Settings of a queue's consumer, as wrangler.toml has them. */
export interface ConsumerSettings {
  max_batch_size: number;
  /** Seconds. */
  max_batch_timeout: number;
  max_retries: number;
  /** Seconds. */
  retry_delay: number;
}

/** Figures of a queue since they were last taken. */
export interface QueueFigures {
  mostConsumers: number;
  mostWaiting: number;
  messages: number;
  batches: number;
  /** Milliseconds that the batches took together. */
  batchesMs: number;
}

interface BrokerTools {
  settings: ConsumerSettings;
  /** Most consumers at a time. */
  consumers: number;
  /** Milliseconds from sending a message to handing it out. */
  latencyMs: number;
  /** Carries out a batch. Throws if the invocation did. */
  invoke(batch: Batch): Promise<BatchAnswer>;
}

const REST_LOOK_MS = 100;

/**
 * One queue, as Cloudflare documents its own: batches are carried out side by side, by a number of consumers that is looked at
 * when a batch is through. It grows by one while messages wait, which doubles it in the time of a batch, and falls by one when none
 * does. Cloudflare does not document its steps.
 */
export class BrokerQueue {
  readonly #name: string;
  readonly #tools: BrokerTools;
  #most: number;
  #waiting: { message: BatchMessage; since: number }[] = [];
  #onTheWay = 0;
  #consumers = 1;
  #running = 0;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  #figures: QueueFigures = noFigures();

  constructor(name: string, tools: BrokerTools) {
    this.#name = name;
    this.#tools = tools;
    this.#most = tools.consumers;
  }

  /** Resolves when no message waits, is on its way or is being carried out. */
  async rest(): Promise<void> {
    while (this.#waiting.length + this.#onTheWay + this.#running > 0)
      await new Promise((resolve) => setTimeout(resolve, REST_LOOK_MS));
  }

  /** Bounds the number of consumers from now on. */
  limit(consumers: number): void {
    this.#most = consumers;
    this.#consumers = Math.min(this.#consumers, consumers);
  }

  send(bodies: readonly unknown[]): void {
    this.#figures.messages += bodies.length;
    const timestamp = Date.now();
    const messages = bodies.map((body) => ({
      id: `${this.#name}-${++this.#sent}`,
      timestamp,
      attempts: 1,
      body,
    }));
    this.#deliver(messages, this.#tools.latencyMs);
  }

  /** Drops messages that wait, as a purge of the queue does. */
  drop(isUnwanted: (body: unknown) => boolean): void {
    this.#waiting = this.#waiting.filter(({ message }) => !isUnwanted(message.body));
  }

  /** Answers the figures since the last call, and begins anew. */
  takeFigures(): QueueFigures {
    const figures = this.#figures;
    this.#figures = noFigures();
    return figures;
  }

  #deliver(messages: readonly BatchMessage[], afterMs: number): void {
    this.#onTheWay += messages.length;
    setTimeout(() => {
      this.#onTheWay -= messages.length;
      const since = Date.now();
      this.#waiting.push(...messages.map((message) => ({ message, since })));
      this.#figures.mostWaiting = Math.max(this.#figures.mostWaiting, this.#waiting.length);
      this.#handOut();
    }, afterMs);
  }

  /** Hands out full batches at once, and others when their first message has waited long enough. */
  #handOut(): void {
    const { max_batch_size: size, max_batch_timeout: seconds } = this.#tools.settings;
    clearTimeout(this.#timer);
    for (let first = this.#waiting[0]; first && this.#running < this.#consumers; first = this.#waiting[0]) {
      const restMs = first.since + seconds * 1000 - Date.now();
      if (this.#waiting.length < size && restMs > 0) {
        this.#timer = setTimeout(() => this.#handOut(), restMs);
        return;
      }
      void this.#run(this.#waiting.splice(0, size).map(({ message }) => message));
    }
  }

  async #run(messages: BatchMessage[]): Promise<void> {
    this.#running++;
    this.#figures.mostConsumers = Math.max(this.#figures.mostConsumers, this.#running);
    const startedAt = Date.now();
    const answer = await this.#tools.invoke({ queue: this.#name, messages }).catch(() => undefined);
    this.#running--;
    this.#figures.batches++;
    this.#figures.batchesMs += Date.now() - startedAt;
    this.#sendAgain(messages, answer?.again ?? messages.map(({ id }) => ({ id })));
    if (answer) this.#scale();
    this.#handOut();
  }

  #sendAgain(messages: readonly BatchMessage[], again: BatchAnswer["again"]): void {
    const { max_retries, retry_delay } = this.#tools.settings;
    const byWait = Map.groupBy(again, ({ delaySeconds }) => delaySeconds ?? retry_delay);
    for (const [seconds, some] of byWait) {
      const ids = new Set(some.map(({ id }) => id));
      const left = messages.filter(({ id, attempts }) => ids.has(id) && attempts <= max_retries);
      this.#deliver(
        left.map((message) => ({ ...message, attempts: message.attempts + 1 })),
        seconds * 1000,
      );
    }
  }

  #scale(): void {
    const wanted = this.#consumers + (this.#waiting.length > 0 ? 1 : -1);
    this.#consumers = Math.min(Math.max(wanted, 1), this.#most);
  }
}

const noFigures = (): QueueFigures => ({
  mostConsumers: 0,
  mostWaiting: 0,
  messages: 0,
  batches: 0,
  batchesMs: 0,
});

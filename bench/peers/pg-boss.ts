import { PgBoss } from "pg-boss";
import { batchesOf } from "../beside/load.ts";
import type { Job, Peer } from "./peer.ts";

const QUEUE = "deliveries";

/** By its documentation: `key_strict_fifo` for order, batches settled as a whole, fetching on while a fetch comes back full. */
export const pgBoss: Peer = {
  ordered: [
    { batchSize: 100, localConcurrency: 1 },
    { batchSize: 50, localConcurrency: 2 },
    { batchSize: 25, localConcurrency: 4 },
    { batchSize: 10, localConcurrency: 10 },
  ],
  unordered: [
    { batchSize: 100, localConcurrency: 2 },
    { batchSize: 200, localConcurrency: 2 },
    { batchSize: 500, localConcurrency: 1 },
    { batchSize: 50, localConcurrency: 8 },
  ],
  async prepare({ database, messages, ordered, setting, send }) {
    const boss = new PgBoss({ ...database, max: 20, schedule: false });
    boss.on("error", (error) => console.error(`pg-boss: ${error}`));
    await boss.start();
    await boss.createQueue(QUEUE, { policy: ordered ? "key_strict_fifo" : "standard" });
    for (const batch of batchesOf(messages)) {
      const jobs = batch.map(({ path, payload, key }) => ({
        data: { path, payload },
        ...(key !== undefined && { singletonKey: key }),
      }));
      await boss.insert(QUEUE, jobs);
    }
    const options = { ...setting, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
    return {
      async start() {
        await boss.work<Job>(QUEUE, options, async (jobs) => {
          await Promise.all(jobs.map(({ data }) => send(data)));
        });
      },
      stop: () => boss.stop({ graceful: true }),
    };
  },
};

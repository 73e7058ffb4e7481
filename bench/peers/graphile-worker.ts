import { Logger, makeWorkerUtils, type Runner, run } from "graphile-worker";
import pg from "pg";
import { batchesOf } from "../beside/load.ts";
import type { Job, Peer } from "./peer.ts";

const TASK = "deliver";
const logger = new Logger(() => (level, message) => {
  if (level === "error") console.error(`graphile-worker: ${message}`);
});

/** By its documentation: a queue for each key keeps order; jobs are fetched, and completed, many at a time. */
export const graphileWorker: Peer = {
  ordered: [
    { concurrentJobs: 100, localQueue: 100, completeJobBatchDelay: 0, pollInterval: 5 },
    { concurrentJobs: 50, localQueue: 100, completeJobBatchDelay: 0, pollInterval: 5 },
    { concurrentJobs: 100, localQueue: 500, completeJobBatchDelay: 0, pollInterval: 5 },
    { concurrentJobs: 24, localQueue: 0, completeJobBatchDelay: -1, pollInterval: 100 },
  ],
  unordered: [
    { concurrentJobs: 24, localQueue: 100, completeJobBatchDelay: 20, pollInterval: 100 },
    { concurrentJobs: 24, localQueue: 500, completeJobBatchDelay: 0, pollInterval: 100 },
    { concurrentJobs: 100, localQueue: 500, completeJobBatchDelay: 0, pollInterval: 100 },
    { concurrentJobs: 400, localQueue: 800, completeJobBatchDelay: 0, pollInterval: 100 },
  ],
  async prepare({ database, messages, setting, send }) {
    const { localQueue, ...numbers } = setting;
    const pool = new pg.Pool({ ...database, max: 26 });
    const complain = (error: Error) => console.error(`graphile-worker: ${error}`);
    pool.on("error", complain).on("connect", (client) => client.on("error", complain));
    const worker = { ...numbers, ...(localQueue && { localQueue: { size: localQueue } }) };
    const utils = await makeWorkerUtils({ pgPool: pool, logger });
    await utils.migrate();
    for (const batch of batchesOf(messages)) {
      // Jobs of one call are due at the same instant; each has a key of its own.
      await utils.addJobs(
        batch.map(({ path, payload, key }) => ({
          identifier: TASK,
          payload: { path, payload },
          ...(key !== undefined && { queueName: key }),
        })),
      );
    }
    let runner: Runner | undefined;
    return {
      async start() {
        const taskList = { [TASK]: (job: unknown) => send(job as Job) };
        const preset = { worker };
        runner = await run({
          pgPool: pool,
          logger,
          taskList,
          preset,
          parsedCronItems: [],
          noHandleSignals: true,
        });
      },
      async stop() {
        await runner?.stop();
        await utils.release();
        await pool.end();
      },
    };
  },
};

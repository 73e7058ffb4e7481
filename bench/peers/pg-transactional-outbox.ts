import { randomUUID } from "node:crypto";
import pg from "pg";
import {
  createReplicationSegmentMutexConcurrencyController,
  createReplicationSemaphoreConcurrencyController,
  DatabaseSetup,
  type GeneralMessageHandler,
  getDisabledLogger,
  initializeMessageStorage,
  initializePollingMessageListener,
  initializeReplicationMessageListener,
} from "pg-transactional-outbox";
import { batchesOf, type Message } from "../beside/load.ts";
import type { Database, Job, Peer, PeerRun } from "./peer.ts";

const SETUP = {
  outboxOrInbox: "outbox",
  schema: "public",
  table: "outbox",
  publication: "bench_publication",
  replicationSlot: "bench_slot",
  nextMessagesName: "next_outbox_messages",
} as const;

/** By its documentation: protections that an outbox may leave out are off. */
const SETTINGS = {
  dbSchema: SETUP.schema,
  dbTable: SETUP.table,
  enableMaxAttemptsProtection: false,
  enablePoisonousMessageProtection: false,
};

/** By its documentation: segments keep order; the replication listener hears of messages by logical replication, the other polls. */
export const pgTransactionalOutbox: Peer = {
  ordered: [
    { listener: "replication", connections: 20 },
    { listener: "replication", connections: 50 },
    { listener: "polling", connections: 20, batch: 100 },
    { listener: "polling", connections: 20, batch: 20 },
  ],
  unordered: [
    { listener: "replication", connections: 20, parallel: 20 },
    { listener: "replication", connections: 50, parallel: 50 },
    { listener: "replication", connections: 20, parallel: 400 },
    { listener: "polling", connections: 20, batch: 100 },
  ],
  async prepare({ database, messages, setting, ordered, send }) {
    await setUp(database, setting["listener"] === "replication");
    await commit(database, messages, ordered);
    const handler = { handle: ({ payload }: { payload: unknown }) => send(payload as Job) };
    const listen = setting["listener"] === "replication" ? replicate : poll;
    let shutDown: (() => Promise<void>) | undefined;
    return {
      async start() {
        shutDown = listen(database, { setting, ordered }, handler);
      },
      async stop() {
        await shutDown?.();
      },
    };
  },
};

async function setUp(database: Database, replicated: boolean) {
  const client = new pg.Client(database);
  await client.connect();
  const setup = { ...SETUP, database: database.database, listenerRole: database.user };
  await client.query(DatabaseSetup.dropAndCreateTable(setup));
  if (replicated) {
    await client.query(DatabaseSetup.setupReplicationCore(setup));
    await client.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [SETUP.replicationSlot]);
  } else {
    await client.query(DatabaseSetup.createPollingFunction(setup));
    await client.query(DatabaseSetup.setupPollingIndexes(setup));
  }
  await client.end();
}

async function commit(database: Database, messages: readonly Message[], ordered: boolean) {
  const store = initializeMessageStorage(
    { outboxOrInbox: "outbox", settings: SETTINGS },
    getDisabledLogger(),
  );
  const client = new pg.Client(database);
  await client.connect();
  for (const batch of batchesOf(messages)) {
    await client.query("BEGIN");
    for (const { path, payload, key } of batch) {
      const message = {
        id: randomUUID(),
        aggregateType: "order",
        aggregateId: String(payload.n),
        messageType: "placed",
        concurrency: ordered ? "sequential" : "parallel",
        payload: { path, payload },
        ...(key !== undefined && { segment: key }),
      } as const;
      await store(message, client);
    }
    await client.query("COMMIT");
  }
  await client.end();
}

type Choice = Pick<PeerRun, "setting" | "ordered">;

function replicate(database: Database, { setting, ordered }: Choice, handler: GeneralMessageHandler) {
  const handlers = { ...database, max: Number(setting["connections"]) };
  const [shutDown] = initializeReplicationMessageListener(
    {
      outboxOrInbox: "outbox",
      dbHandlerConfig: handlers,
      dbListenerConfig: database,
      settings: { ...SETTINGS, dbPublication: SETUP.publication, dbReplicationSlot: SETUP.replicationSlot },
    },
    handler,
    getDisabledLogger(),
    {
      concurrencyStrategy: ordered
        ? createReplicationSegmentMutexConcurrencyController()
        : createReplicationSemaphoreConcurrencyController(Number(setting["parallel"])),
    },
  );
  return shutDown;
}

function poll(database: Database, { setting }: Choice, handler: GeneralMessageHandler) {
  const connections = { ...database, max: Number(setting["connections"]) };
  const [shutDown] = initializePollingMessageListener(
    {
      outboxOrInbox: "outbox",
      dbHandlerConfig: connections,
      dbListenerConfig: connections,
      settings: {
        ...SETTINGS,
        nextMessagesFunctionName: SETUP.nextMessagesName,
        nextMessagesBatchSize: Number(setting["batch"]),
        nextMessagesLockInMs: 60_000,
        nextMessagesPollingIntervalInMs: 10,
      },
    },
    handler,
    getDisabledLogger(),
  );
  return shutDown;
}
